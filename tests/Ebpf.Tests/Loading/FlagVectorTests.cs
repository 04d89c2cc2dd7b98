using CsCheck;

namespace Ebpf.Tests.Loading;

/// <summary>Whatever is on and off: what is loaded is what is on, and costs what an object of these programs alone costs.</summary>
public sealed class FlagVectorTests
{
    private static readonly string[] s_objects =
        ["several_programs", "subprograms", "globals", "tail_call_same_section", "autoload", "map_in_map"];

    [Theory]
    [InlineData(UnusedMaps.Create)]
    [InlineData(UnusedMaps.Skip)]
    public void Any_choice_of_programs_loads_exactly_these_at_the_cost_of_each_alone(UnusedMaps unusedMaps)
    {
        var options = new LoadOptions { UnusedMaps = unusedMaps };
        Dictionary<string, Dictionary<string, ProgramReport>> alone = s_objects.ToDictionary(static o => o, o => EachAlone(o, options));

        Gen.Select(Gen.Int[0, s_objects.Length - 1].Select(static i => s_objects[i]), Gen.ULong).Sample(
            (name, vector) =>
            {
                using var platform = new TestPlatform();
                long bytesBefore = platform.Heap.LiveBytes;
                BpfObject obj = TestData.Open(name);
                for (int i = 0; i < obj.Programs.Count; i++)
                {
                    obj.Programs[i].AutoLoad = ((vector >> i) & 1) != 0;
                }

                string[] selected = [.. obj.Programs.Where(static p => p.AutoLoad).Select(static p => p.Name)];
                obj.Only(selected);

                using LoadedObject live = obj.Load(platform.Platform, options);

                Assert.Equal(selected, live.Programs.Names);
                Assert.Equal(selected, platform.Verified);
                Assert.Equal(selected.Length + live.Maps.Count, platform.LiveHandles);
                foreach (ProgramReport report in live.Report.Programs)
                {
                    ProgramReport expected = report.IsLoaded ? alone[name][report.Name] : Skipped(report);
                    // How long machine code is depends on the addresses that are in it.
                    Assert.Equal(
                        (expected.VerifiedInstructions, expected.LoadedInstructions, expected.MemoryBytes, expected.MachineCodeBytes > 0),
                        (report.VerifiedInstructions, report.LoadedInstructions, report.MemoryBytes, report.MachineCodeBytes > 0));
                }

                Assert.Equal(platform.Heap.LiveBytes - bytesBefore, live.Report.MemoryBytes);
            },
            iter: 150,
            threads: 1);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    [InlineData("c")]
    [InlineData("ab")]
    [InlineData("ac")]
    [InlineData("bc")]
    [InlineData("abc")]
    public void A_choice_of_programs_costs_what_an_object_compiled_with_only_these_costs(string programs)
    {
        string[] selected = [.. programs.Select(static letter => letter.ToString())];

        (int, long, long, string) chosen = Cost(TestData.Open("subset").Only(selected));
        (int, long, long, string) compiled = Cost(TestData.Open(programs == "abc" ? "subset" : "subset_" + programs));

        Assert.Equal(compiled, chosen);
    }

    /// <summary>Handles, native bytes, verified instructions, and what was verified.</summary>
    private static (int Handles, long Bytes, long Instructions, string Verified) Cost(BpfObject obj)
    {
        using var platform = new TestPlatform();
        long before = platform.Heap.LiveBytes;
        using LoadedObject live = obj.Load(platform.Platform, new LoadOptions { UnusedMaps = UnusedMaps.Skip });
        return (platform.LiveHandles, platform.Heap.LiveBytes - before, live.Report.VerifiedInstructions, string.Join(' ', platform.Verified));
    }

    private static ProgramReport Skipped(ProgramReport report) => report with { VerifiedInstructions = 0, LoadedInstructions = 0, MemoryBytes = 0, MachineCodeBytes = 0 };

    /// <summary>Every program of an object, loaded as if it were its only one.</summary>
    private static Dictionary<string, ProgramReport> EachAlone(string name, LoadOptions options)
    {
        var reports = new Dictionary<string, ProgramReport>();
        foreach (string program in TestData.Open(name).Programs.Names)
        {
            using var platform = new TestPlatform();
            using LoadedObject live = TestData.Open(name).Only(program).Load(platform.Platform, options);
            reports[program] = live.Report[program];
        }

        return reports;
    }
}
