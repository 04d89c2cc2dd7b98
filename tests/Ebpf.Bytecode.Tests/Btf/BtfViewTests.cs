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
        Assert.Null(types.FindByName("test_maps", BtfKind.Var));
        Assert.Null(types.FindByName("no_such_thing", BtfKind.Func));
        Assert.Null(types.FindByName("", BtfKind.Ptr));
    }

    [Fact]
    public void The_running_kernel_opens_for_no_more_than_its_index()
    {
        if (!BtfView.TryOpenKernel(out BtfView? kernel))
            Assert.Skip("this machine has no /sys/kernel/btf/vmlinux");

        long before = GC.GetAllocatedBytesForCurrentThread();
        BtfView again = BtfView.Read(kernel.Bytes, "vmlinux");
        long opening = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(opening, 0, again.TypeCount * 4 + 4096);
        BtfType task = kernel[kernel.FindByName("task_struct", BtfKind.Struct)!.Value];
        Assert.True(task.Members.Count > 100);
        Assert.Equal(8, kernel.PointerSize);
        Assert.Equal(task.Size, kernel.SizeOf(task.Id));
        Assert.Same(kernel, BtfView.OpenKernel());
    }

    [Fact]
    public void Modules_of_the_running_kernel_continue_its_types()
    {
        if (!BtfView.TryOpenKernel(out BtfView? kernel))
            Assert.Skip("this machine has no /sys/kernel/btf/vmlinux");

        Assert.All(BtfView.OpenKernelModules(), module => Assert.Same(kernel, module.Base));
        Assert.Contains("kernel module 'no_such_module'", Assert.ThrowsAny<BpfException>(() => BtfView.OpenKernelModule("no_such_module")).Message);
        Assert.ThrowsAny<BpfException>(() => BtfView.OpenKernelModule("../vmlinux"));
    }

    [Fact]
    public void Walking_a_type_allocates_nothing()
    {
        BtfView types = BtfView.Open(TestFiles.Data("btf_kinds.o"));
        long Walk()
        {
            long sum = 0;
            foreach (BtfType type in types.Types)
            {
                sum += type.NameBytes.Length + type.Size;
                foreach (BtfMember member in type.Members)
                    sum += member.NameBytes.Length + member.BitOffset;
                foreach (BtfParameter parameter in type.Parameters)
                    sum += parameter.Type;
                foreach (BtfEnumerator enumerator in type.Enumerators)
                    sum += enumerator.Value & 1;
                foreach (BtfSectionVariable variable in type.SectionVariables)
                    sum += variable.Size;
            }

            return sum;
        }

        Walk();
        long before = GC.GetAllocatedBytesForCurrentThread();
        long sum = Walk();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Either_byte_order_reads_the_same(bool littleEndian)
    {
        var builder = new BtfBuilder(littleEndian);
        uint number = builder.Int("int", 4, signed: true);
        uint s = builder.Struct("s", 16, new Field("flag", number, 3, 5), new Field("rest", builder.Array(number, number, 3), 32));
        uint e = builder.Enum("e", 4, signed: true, ("A", -2));
        uint e64 = builder.Enum64("e64", signed: false, ("B", 0xfedcba9876543210));
        uint variable = builder.Var("v", s, BtfLinkage.Global);
        uint section = builder.DataSec(".data", 16, (variable, 0, 16));
        uint tag = builder.DeclTag("tag", s, 1);
        BtfView view = builder.View();

        Assert.Equal(littleEndian, view.IsLittleEndian);
        Assert.Equal(("flag", 3u, 5), (view[s].Members[0].Name, view[s].Members[0].BitOffset, view[s].Members[0].BitfieldSize));
        Assert.Equal(3u, view[view[s].Members[1].Type].Array.Length);
        Assert.True(view[number].Int is { IsSigned: true, Bits: 32, BitOffset: 0 });
        Assert.Equal(-2, view[e].Enumerators[0].Value);
        Assert.Equal(0xfedcba9876543210, (ulong)view[e64].Enumerators[0].Value);
        Assert.Equal(BtfLinkage.Global, view[variable].Linkage);
        Assert.Equal((variable, 0u, 16u), (view[section].SectionVariables[0].Type, view[section].SectionVariables[0].Offset, view[section].SectionVariables[0].Size));
        Assert.Equal(1, view[tag].ComponentIndex);
        Assert.Equal(8u + 1, view.TypeCount);
        Assert.Equal(BtfKind.Void, view[0].Kind);
        view.Validate();
    }

    [Fact]
    public void Sizes_go_through_typedefs_and_arrays()
    {
        var builder = new BtfBuilder();
        uint number = builder.Int("int", 4);
        uint row = builder.Array(number, number, 3);
        uint matrix = builder.Refer(BtfKind.Typedef, builder.Array(row, number, 5), "matrix");
        uint pointer = builder.Refer(BtfKind.Const, builder.Ptr(0));
        uint huge = builder.Array(builder.Array(number, number, 0x10000), number, 0x10000);
        uint function = builder.FuncProto(0);
        BtfView view = builder.View();

        Assert.Equal(60u, view.SizeOf(matrix));
        Assert.Equal(8u, view.SizeOf(pointer));
        Assert.Equal(Errno.E2BIG, Assert.ThrowsAny<BpfException>(() => view.SizeOf(huge)).Errno);
        Assert.Contains("has no size", Assert.ThrowsAny<BpfException>(() => view.SizeOf(function)).Message);
        Assert.Contains("has no size", Assert.ThrowsAny<BpfException>(() => view.SizeOf(0)).Message);
    }

    [Fact]
    public void Pointers_have_the_size_of_long()
    {
        var builder = new BtfBuilder();
        builder.Int("long long", 8);
        builder.Int("unsigned int long", 4);
        uint pointer = builder.Ptr(0);

        Assert.Equal(4u, builder.View().SizeOf(pointer));
        Assert.Equal(8, new BtfBuilder().View().PointerSize);
    }

    [Fact]
    public void Alignment_is_that_of_C_and_one_for_packed_structs()
    {
        BtfView kinds = BtfView.Open(TestFiles.Data("btf_kinds.o"));

        Assert.Equal(8, Align("node"));
        Assert.Equal(1, Align("squeezed"));
        Assert.Equal(4, Align("flexible"));
        Assert.Equal(1, Align("empty"));

        int Align(string name) => kinds.AlignmentOf(kinds.FindByName(name, BtfKind.Struct)!.Value);
    }

    [Fact]
    public void A_module_continues_the_types_and_strings_of_its_base()
    {
        var kernel = new BtfBuilder();
        uint number = kernel.Int("int", 4, signed: true);
        BtfView kernelView = kernel.View("vmlinux");
        byte[] own = Continue(kernelView, number);

        BtfView module = BtfView.Read(own, "module", kernelView);

        Assert.Equal(2u, module.FirstId);
        Assert.Equal("modular", module[2].Name);
        Assert.Equal("int", module[module[2].ReferencedType].Name);
        Assert.Equal(number, module.FindByName("int", BtfKind.Int));
        Assert.Equal(2u, module.FindByName("modular", BtfKind.Typedef));
        Assert.Contains("base", Assert.ThrowsAny<BpfException>(() => BtfView.Read(own, "module")).Message);
    }

    [Fact]
    public void Qualifiers_in_a_circle_are_an_error()
    {
        var builder = new BtfBuilder();
        builder.Refer(BtfKind.Const, 2);
        builder.Refer(BtfKind.Volatile, 1);
        BtfView view = builder.View();

        Assert.Contains("type [1] never ends", Assert.ThrowsAny<BpfException>(() => view.SkipModifiers(1)).Message);
        Assert.Contains("has no size", Assert.ThrowsAny<BpfException>(() => view.SizeOf(1)).Message);
        Assert.ThrowsAny<BpfException>(() => view.AlignmentOf(1));
    }

    [Fact]
    public void Alignment_of_types_that_nest_in_bad_faith_is_given_up_on()
    {
        var builder = new BtfBuilder();
        uint inner = builder.Int("int", 4);
        for (int level = 0; level < 30; level++)
            inner = builder.Struct("s", 4, [.. Enumerable.Repeat(new Field("m", inner, 0), 10)]);

        Assert.Contains("nested too deeply", Assert.ThrowsAny<BpfException>(() => builder.View().AlignmentOf(inner)).Message);
    }

    [Fact]
    public void Validation_names_the_type_that_is_damaged()
    {
        AssertInvalid(b => b.Ptr(9), "type [1] has what it refers to of type [9], which does not exist");
        AssertInvalid(b => b.Array(9, 0, 1), "type [1] has elements of type [9]");
        AssertInvalid(b => b.Struct("s", 4, new Field("m", 9, 0)), "type [1] has a member of type [9]");
        AssertInvalid(b => b.FuncProto(0, ("p", 9)), "type [1] has a parameter of type [9]");
        AssertInvalid(b => b.Func("f", 0, BtfLinkage.Global), "type [1] is a function, but its type [0] is no prototype");
        AssertInvalid(b => b.DataSec(".data", 0, (9, 0, 0)), "type [1] has a variable of type [9]");
        AssertInvalid(b => b.Type("e", BtfKind.Enum, 1, false, 4, 0x1000, 0), "type [1] has the name of an enumerator at 0x1000");
    }

    private static void AssertInvalid(Action<BtfBuilder> build, string message)
    {
        var builder = new BtfBuilder();
        build(builder);
        BtfView view = builder.View();

        Assert.Contains(message, Assert.ThrowsAny<BpfException>(view.Validate).Message);
    }

    /// <summary>Type information with one typedef, whose strings begin where the base's end.</summary>
    private static byte[] Continue(BtfView kernel, uint number)
    {
        var own = new BtfBuilder();
        own.Refer(BtfKind.Typedef, number, "modular");
        byte[] bytes = own.Build();
        // Without its empty string, "modular" is at the start of the own strings: after the base's.
        uint baseStrings = (uint)(kernel.Bytes.Length - 24 - 16);
        BitConverter.TryWriteBytes(bytes.AsSpan(24), baseStrings);
        BitConverter.TryWriteBytes(bytes.AsSpan(20), (uint)"modular".Length + 1);
        byte[] withoutEmpty = [.. bytes[..36], .. bytes[37..]];
        return withoutEmpty;
    }
}
