namespace Ebpf.Tests.Loading;

/// <summary>A load that fails, wherever it does, leaves nothing behind.</summary>
public sealed class FaultTests
{
    public static TheoryData<string> Objects => new("prog_array", "map_in_map", "globals", "subprograms", "pinning", "several_programs", "tail_call_same_section");

    [Theory]
    [MemberData(nameof(Objects))]
    public void When_any_call_of_the_platform_fails_nothing_is_left(string name)
    {
        long calls = Count(name, static p => p.Calls);
        Assert.True(calls > 0);

        for (long failing = 1; failing <= calls; failing++)
        {
            using var platform = new TestPlatform { FailAtCall = failing };
            AssertFailsAndLeavesNothing(name, platform, $"call {failing} of {calls}");
        }
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void When_any_allocation_fails_nothing_is_left(string name)
    {
        using var first = new TestPlatform();
        long before = first.Heap.Allocations;
        TestData.Open(name).Load(first.Platform).Dispose();
        long allocations = first.Heap.Allocations - before;
        Assert.True(allocations > 0);

        for (long failing = 1; failing <= allocations; failing++)
        {
            using var platform = new TestPlatform();
            platform.Heap.FailAt = platform.Heap.Allocations + failing;
            BpfException e = AssertFailsAndLeavesNothing(name, platform, $"allocation {failing} of {allocations}");
            Assert.Equal(Errno.ENOMEM, e.Errno);
        }
    }

    [Fact]
    public void When_a_later_load_fails_at_any_call_what_is_there_stays_as_it_is()
    {
        for (long failing = 1; ; failing++)
        {
            using var platform = new TestPlatform();
            using LoadedObject live = TestData.OpenSample("map").Only("test_LRU_map").Load(platform.Platform, new LoadOptions { UnusedMaps = UnusedMaps.Skip });
            int handles = platform.LiveHandles;
            long bytes = platform.Heap.LiveBytes;
            platform.FailAtCall = platform.Calls + failing;

            BpfException? e = Record.Exception(() => live.LoadProgram("test_maps")) as BpfException;

            if (e is null)
            {
                Assert.Equal(0u, live.Programs["test_maps"].Run().ReturnValue);
                // Six maps that were left out, and the program.
                Assert.Equal(8, failing);
                return;
            }

            Assert.Equal(handles, platform.LiveHandles);
            Assert.Equal(bytes, platform.Heap.LiveBytes);
            Assert.Equal(2, live.Maps.Count);
            Assert.Equal(0u, live.Programs["test_LRU_map"].Run().ReturnValue);
        }
    }

    private static BpfException AssertFailsAndLeavesNothing(string name, TestPlatform platform, string where)
    {
        long bytes = platform.Heap.LiveBytes;
        long blocks = platform.Heap.LiveBlocks;

        BpfException? e = Record.Exception(() => TestData.Open(name).Load(platform.Platform).Dispose()) as BpfException;

        Assert.True(e is not null, $"{name} loads although {where} fails");
        Assert.True(platform.LiveHandles == 0, $"{name}: {platform.LiveHandles} handles are left where {where} fails");
        Assert.True(platform.Heap.LiveBytes == bytes && platform.Heap.LiveBlocks == blocks, $"{name}: memory is left where {where} fails");
        Assert.False(platform.Unpin("/sys/fs/bpf/pinned"), $"{name}: a pin is left where {where} fails");
        return e;
    }

    private static long Count(string name, Func<TestPlatform, long> what)
    {
        using var platform = new TestPlatform();
        TestData.Open(name).Load(platform.Platform).Dispose();
        return what(platform);
    }
}
