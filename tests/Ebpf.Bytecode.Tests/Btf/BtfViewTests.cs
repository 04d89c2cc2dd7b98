using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Tests.Btf;

public sealed class BtfViewTests
{
    [Fact]
    public void Every_committed_object_with_type_information_is_valid()
    {
        int seen = 0;
        foreach (string path in TestFiles.AllObjects())
        {
            if (ElfFile.Read(File.ReadAllBytes(path), path).FindSection(".BTF") is null)
                continue;
            BtfView.Open(path).Validate();
            seen++;
        }

        Assert.True(seen > 10);
    }

    [Fact]
    public void A_program_is_found_by_name_with_its_prototype()
    {
        BtfView types = BtfView.Open(TestFiles.Sample("map"));

        BtfType function = types[types.FindByName("test_maps", BtfKind.Func)!.Value];

        Assert.Equal(BtfLinkage.Global, function.Linkage);
        BtfType prototype = types[function.ReferencedType];
        BtfParameter context = prototype.Parameters[0];
        Assert.Equal(1, prototype.Parameters.Count);
        Assert.Equal(BtfKind.Ptr, types.SkipModifiers(context.Type).Kind);
        Assert.Equal("int", types.SkipModifiers(prototype.ReferencedType).Name);
    }

    [Fact]
    public void The_running_kernel_opens_for_no_more_than_its_index()
    {
        if (!BtfView.TryOpenKernel(out BtfView? kernel))
            Assert.Skip("this machine has no /sys/kernel/btf/vmlinux");

        BtfType task = kernel[kernel.FindByName("task_struct", BtfKind.Struct)!.Value];

        Assert.True(task.Members.Count > 100);
        Assert.Equal(8, kernel.PointerSize);
        Assert.Equal(task.Size, kernel.SizeOf(task.Id));
        Assert.Same(kernel, BtfView.OpenKernel());
    }
}
