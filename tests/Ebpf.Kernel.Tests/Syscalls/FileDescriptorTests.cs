using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Kernel.Tests.Syscalls;

public sealed class FileDescriptorTests
{
    [Fact]
    public void A_descriptor_stays_open_while_it_is_used()
    {
        Kernel.Require();
        var attributes = new MapCreateAttributes { MapType = (uint)MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 };
        Assert.Equal(Errno.None, Bpf.CreateMap(ref attributes, out FileDescriptor? map));
        int number = map!.Number;

        using (map.Use())
        {
            map.Dispose();
            Assert.Contains(number, Kernel.BpfDescriptors());
        }

        Assert.DoesNotContain(number, Kernel.BpfDescriptors());
        Assert.Throws<ObjectDisposedException>(() => { using var lease = map.Use(); });
    }

    [Fact]
    public void Names_are_cut_and_made_of_what_the_kernel_takes()
    {
        Assert.Equal("a_b.c_d_e_f_g_h", ObjectName.From("a$b.c d_e_f_g_h_i_j").ToString());
    }

    [Theory]
    [InlineData("0", 1)]
    [InlineData("0-3\n", 4)]
    [InlineData("0-3,8,10-11", 7)]
    public void Possible_cpus_are_counted_in_ranges(string text, int count) => Assert.Equal(count, Platforms.Linux.PossibleCpus.CountIn(text));

    [Theory]
    [InlineData("6.1.8-1", 6, 1, 8)]
    [InlineData("5.15.300 (x)", 5, 15, 255)]
    public void Versions_are_read(string text, int major, int minor, int patch) =>
        Assert.Equal(Platforms.Linux.Features.KernelVersion.Number(major, minor, patch), Platforms.Linux.Features.KernelVersion.Parse(text));
}
