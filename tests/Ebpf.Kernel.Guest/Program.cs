using Ebpf.Kernel.Guest;

// As init it runs everything and powers the machine off; started anywhere else it only says what there is, for a test attaches nothing to your kernel.
if (Environment.ProcessId == 1)
{
    Init.Run();
}

foreach (Scenario scenario in Scenario.All)
{
    Console.WriteLine(scenario.Name);
}
