using Ebpf.Kernel.Guest;

namespace Ebpf.Kernel.Tests.VirtualMachine;

/// <summary>The scenarios of the guest, a test each, on each kernel.</summary>
public class GuestTests
{
    public static TheoryData<string> Names => [.. Scenario.All.Select(static scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void On_Linux_6_1(string scenario) => Check("6.1", scenario);

    [Theory]
    [MemberData(nameof(Names))]
    public void On_Linux_6_12(string scenario) => Check("6.12", scenario);

    private static void Check(string kernel, string scenario)
    {
        Outcome outcome = Boot.On(kernel)[scenario];
        Assert.True(outcome.Passed, outcome.Reason.Replace(" | ", "\n", StringComparison.Ordinal));
    }
}
