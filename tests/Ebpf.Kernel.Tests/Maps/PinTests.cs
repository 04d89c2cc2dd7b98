using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Maps;

public sealed class PinTests
{
    [Fact]
    public void A_map_that_is_pinned_by_name_is_found_by_the_next_load()
    {
        Kernel.Require();
        using var bpffs = new OwnBpffs();
        var options = new LoadOptions { PinRoot = bpffs.Path };
        using (LoadedObject first = TestData.Open("pinning").Load(Platform.Linux, options))
        {
            Assert.Equal(1u, first.Programs["counts"].Run().ReturnValue);
        }

        using (LoadedObject second = TestData.Open("pinning").Load(Platform.Linux, options))
        {
            Assert.Equal(2u, second.Programs["counts"].Run().ReturnValue);
            Assert.Equal(1UL, second.Maps["unpinned"].As<uint, ulong>()[0]);
        }

        Assert.True(Platform.Linux.Unpin(bpffs["pinned"]));
        Assert.False(Platform.Linux.Unpin(bpffs["pinned"]));
    }

    [Fact]
    public void A_pinned_map_of_other_sizes_is_not_reused()
    {
        Kernel.Require();
        using var bpffs = new OwnBpffs();
        var options = new LoadOptions { PinRoot = bpffs.Path };
        TestData.Open("pinning").Load(Platform.Linux, options).Dispose();
        BpfObject other = TestData.Open("pinning");
        other.Maps["pinned"].MaxEntries = 2;

        BpfException e = Assert.Throws<BpfException>(() => other.Load(Platform.Linux, options));

        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains("has 1 entries, not 2", e.Message);
    }

    [Fact]
    public void What_a_failed_load_pinned_is_unpinned_again()
    {
        Kernel.Require();
        using var bpffs = new OwnBpffs();
        BpfObject obj = TestData.Open("pinning");
        obj.Maps["pinned"].PinPath = bpffs["one"];
        obj.Maps["unpinned"].PinPath = "/proc/no-bpffs";

        Assert.Throws<BpfException>(() => obj.Load(Platform.Linux));

        Assert.False(File.Exists(bpffs["one"]));
    }

    [Fact]
    public void Only_pins_are_unpinned()
    {
        Kernel.Require();
        string file = Path.GetTempFileName();
        try
        {
            Assert.Throws<BpfException>(() => Platform.Linux.Unpin(file));
            Assert.True(File.Exists(file));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
