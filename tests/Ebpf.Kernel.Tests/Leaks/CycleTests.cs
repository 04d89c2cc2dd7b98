using System.Globalization;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Leaks;

/// <summary>Open, load, attach, run, detach, dispose, again and again: nothing grows.</summary>
/// <remarks>CI runs a bounded number; the full ten thousand: <c>EBPF_CYCLES=10000 Ebpf.Kernel.Tests --filter-class '*CycleTests'</c>.</remarks>
public sealed class CycleTests
{
    private const int WarmUp = 30;

    // Of managed memory, in pages of the process: what one more garbage collection's timing makes.
    private const long PermittedGrowth = 16 << 20;

    private static readonly int s_cycles = int.Parse(Environment.GetEnvironmentVariable("EBPF_CYCLES") ?? "200", CultureInfo.InvariantCulture);

    public CycleTests() => Kernel.Require();

    [Fact]
    public void Cycles_leave_no_descriptor_program_map_or_memory()
    {
        for (int i = 0; i < WarmUp; i++)
        {
            Cycle();
        }

        var inventory = new Inventory();
        // Collects, so that what tests before this one dropped is gone.
        long memory = ResidentBytes();
        int descriptors = Descriptors();
        for (int i = 0; i < s_cycles; i++)
        {
            Cycle();
        }

        inventory.AssertNothingIsLeft();
        Assert.Equal(descriptors, Descriptors());
        long growth = ResidentBytes() - memory;
        Assert.True(growth < PermittedGrowth, $"{growth >> 10} KiB more after {s_cycles} cycles");
    }

    [Fact]
    public void Failed_loads_leave_nothing_either()
    {
        var inventory = new Inventory();
        ResidentBytes();
        int descriptors = Descriptors();
        for (int i = 0; i < Math.Min(s_cycles, 300); i++)
        {
            BpfObject obj = TestData.OpenSample("broken");
            Assert.Throws<VerifierException>(() => obj.Load(Platform.Linux));
        }

        inventory.AssertNothingIsLeft();
        Assert.Equal(descriptors, Descriptors());
    }

    private static void Cycle()
    {
        using LoadedObject live = TestData.Open("buffers").Only("put_small", "put_event").Load(Platform.Linux);
        var reader = new RingBufferReader(live.Maps["small"]);
        using var events = new PerfBufferReader(live.Maps["events"], Environment.SystemPageSize);
        Assert.Equal(0u, live.Programs["put_small"].Run().ReturnValue);
        Assert.Equal(0u, live.Programs["put_event"].Run().ReturnValue);
        Assert.NotNull(reader.TryRead());
        Assert.Equal(2ul, live.Variables["number"].Get<ulong>());
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static long ResidentBytes()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return Environment.WorkingSet;
    }
}
