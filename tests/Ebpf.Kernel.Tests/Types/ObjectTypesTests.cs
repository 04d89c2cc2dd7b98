using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Platforms.Linux.Types;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Types;

public sealed class ObjectTypesTests
{
    // Has an array of no elements, which the kernel takes for damage: as libbpf does, such objects are loaded without their types.
    private const string Refused = "tests/testdata/btf_kinds.o";

    /// <summary>The objects whose types a Linux kernel could take.</summary>
    public static TheoryData<string> Objects() => new(TestData.AllObjects().Where(static file => file != Refused && Opened(file) is { Types: not null, Dialect: Dialect.Linux, IsLittleEndian: true }));

    [Theory]
    [MemberData(nameof(Objects))]
    public void The_kernel_takes_the_types_of_every_object(string file)
    {
        Kernel.Require();
        ObjectBtf.Load(Opened(file)!.Image)!.Dispose();
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public unsafe void What_replaces_kinds_that_an_older_kernel_lacks_is_valid(string file)
    {
        Kernel.Require();
        foreach (BtfAbilities lacking in Enum.GetValues<BtfAbilities>().Where(static a => a != BtfAbilities.All))
        {
            byte[] bytes = KernelTypeInfo.Of(Opened(file)!.Image, BtfAbilities.All & ~lacking)!;
            fixed (byte* start = bytes)
            {
                var attributes = new BtfLoadAttributes { Btf = start, BtfSize = (uint)bytes.Length };
                Errno errno = Bpf.LoadBtf(ref attributes, out FileDescriptor? types);
                types?.Dispose();
                // A kernel that lacks these lacks the tags that may be on them, too; this one does not, and refuses a tag on what is no function or variable any more.
                Assert.True(errno == Errno.None || lacking is BtfAbilities.Functions or BtfAbilities.DataSections, $"without {lacking}: {errno}");
            }
        }
    }

    [Fact]
    public void An_object_whose_types_the_kernel_refuses_is_loaded_without_them()
    {
        Kernel.Require();
        BpfObject obj = BpfObject.Open(TestData.Root(Refused));

        BpfException e = Assert.Throws<BpfException>(() => ObjectBtf.Load(obj.Image));
        using LoadedObject live = obj.Load(Platform.Linux);

        Assert.Contains("Invalid offset", e.Message);
        ProgramInfoRecord info = default;
        Assert.Equal(Errno.None, Bpf.Info(live.Programs["kinds"].Fd!.Value, ref info));
        Assert.Equal(0u, info.BtfId);
    }

    [Fact]
    public void A_new_kernel_knows_everything()
    {
        Kernel.Require();
        Assert.SkipUnless(KernelVersion.Running >= KernelVersion.Number(6, 0, 0), "this kernel is older than 6.0");

        Assert.Equal(BtfAbilities.All, BtfProbe.Abilities);
    }

    private static BpfObject? Opened(string file)
    {
        try
        {
            return BpfObject.Open(TestData.Root(file));
        }
        catch (BpfException)
        {
            // Some objects are there to be refused.
            return null;
        }
    }
}
