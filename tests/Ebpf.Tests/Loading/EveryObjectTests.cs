namespace Ebpf.Tests.Loading;

/// <summary>Every committed object: it loads or gives one helpful error, and nothing is left either way.</summary>
public sealed class EveryObjectTests
{
    // What does not open at all is Ebpf.Bytecode.Tests' subject.
    public static TheoryData<string> Objects => [.. TestData.AllObjects().Where(static o => !o.EndsWith("empty_program.o", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Objects))]
    public void Each_program_alone_loads_or_gives_one_line_and_leaves_nothing(string file)
    {
        using var platform = new TestPlatform();
        long bytes = platform.Heap.LiveBytes;
        BpfObject obj = BpfObject.Open(TestData.Root(file));
        var options = new LoadOptions
        {
            UnusedMaps = UnusedMaps.Skip,
            EmptySkippedSlots = true,
            Limits = new LoadLimits { Instructions = 100_000, MapBytes = 64 << 20 },
        };

        foreach (BpfProgramSpec program in obj.Programs)
        {
            try
            {
                using LoadedObject live = obj.Only(program.Name).Load(platform.Platform, options);
                Assert.All(live.Programs, p => Assert.Equal(program.Name, p.Name));
            }
            catch (BpfException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.True(e.Message.Length is > 10 and < 600, e.Message);
                Assert.NotEqual(Errno.None, e.Errno);
            }

            platform.Unpin("/sys/fs/bpf/pinned");
            Assert.Equal(0, platform.LiveHandles);
            Assert.Equal(bytes, platform.Heap.LiveBytes);
        }
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void All_that_can_be_shown_of_it_can_be_shown(string file)
    {
        BpfObject obj = BpfObject.Open(TestData.Root(file));

        string shown = string.Join('\n',
            [obj.ToString(), .. obj.Programs.Select(static p => p.ToString()), .. obj.Maps.Select(static m => m.ToString()),
             .. obj.Variables.Select(static v => v.ToString()), .. obj.Sections.Select(static s => s.ToString()), .. obj.Externs.Select(static e => e.ToString())]);

        Assert.NotEmpty(shown);
        Assert.NotEmpty(obj.Sections);
    }
}
