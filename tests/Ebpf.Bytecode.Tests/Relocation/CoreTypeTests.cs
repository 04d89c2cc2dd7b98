using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Tests.Btf;
using static Ebpf.Bytecode.Btf.CoreRelocationKind;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Bytecode.Tests.Relocation;

public sealed class CoreTypeTests
{
    [Fact]
    public void A_type_is_asked_for_existence_size_and_id()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("int", 4, true), 0));
        uint gone = scene.Local.Struct("gone", 4);
        scene.Target.Int("int", 4, true);
        uint target = scene.Target.Struct("s", 24);

        Assert.Equal(1u, scene.Ask(TypeExists, local, "0").Value);
        Assert.Equal(24u, scene.Ask(TypeSize, local, "0").Value);
        Assert.Equal(target, scene.Ask(TypeIdTarget, local, "0").Value);
        Assert.Equal(0u, scene.Ask(TypeExists, gone, "0").Value);
        Assert.Equal(0u, scene.Ask(TypeSize, gone, "0").Value);
        Assert.Equal(0u, scene.Ask(TypeIdTarget, gone, "0").Value);
        // Linkers renumber types without looking into instructions.
        Assert.Equal($"r1 = {local}", scene.PatchedText(TypeIdLocal, local, "0", Asm.Mov64(R1, 999)));
        Assert.Equal(Asm.LoadImmediate64(R1, target), scene.Patch(TypeIdTarget, local, "0", Asm.LoadImmediate64(R1, 999)));
    }

    [Fact]
    public void A_local_type_needs_no_target()
    {
        var local = new BtfBuilder();
        uint id = local.Struct("s", 4);
        uint access = local.String("0");
        var relocator = new CoreRelocator(local.View(), target: null);

        Assert.Equal(id, relocator.Resolve(new CoreRelocation(0, id, access, TypeIdLocal)).Value);
        BpfException failure = Assert.ThrowsAny<BpfException>(() => relocator.Resolve(new CoreRelocation(0, id, access, TypeExists)));
        Assert.Contains("BTF file", failure.Message);
    }

    [Fact]
    public void Flavours_of_a_name_stand_for_the_same_type_on_both_sides()
    {
        var scene = new CoreScene();
        uint old = scene.Local.Struct("task___old", 4, new Field("state", scene.Local.Int("int", 4, true), 0));
        scene.Target.Struct("task", 16, new Field("state", scene.Target.Int("int", 4, true), 64));
        scene.Target.Struct("task_x___", 4);

        Assert.Equal(8u, scene.Ask(FieldByteOffset, old, "0:0").Value);
    }

    [Theory]
    [InlineData("a___b", "a")]
    [InlineData("a___b___c", "a___b")]
    [InlineData("a____b", "a____b")]
    [InlineData("___b", "___b")]
    [InlineData("a___", "a___")]
    [InlineData("a__b", "a__b")]
    [InlineData("", "")]
    public void The_essential_name_ends_before_the_last_three_underscores_between_others(string name, string essential) =>
        Assert.Equal(essential, System.Text.Encoding.UTF8.GetString(BtfName.Essential(System.Text.Encoding.UTF8.GetBytes(name))));

    [Fact]
    public void Candidates_that_answer_differently_are_an_error_that_names_both()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("int", 4, true), 0));
        uint number = scene.Target.Int("int", 4, true);
        scene.Target.Struct("s", 8, new Field("m", number, 0));
        scene.Target.Struct("s", 8, new Field("m", number, 32));

        BpfException failure = scene.Failure(FieldByteOffset, local, "0:0");

        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Contains("ambiguous: <byte_off> [2] struct s.m (0:0 @ offset 0) in target gives 0, <byte_off> [3] struct s.m (0:0 @ offset 4) in target gives 4", failure.Message);
        Assert.Equal(1u, scene.Ask(TypeExists, local, "0").Value);
    }

    [Fact]
    public void A_candidate_without_an_answer_is_not_asked_again()
    {
        var local = new BtfBuilder();
        uint number = local.Int("int", 4, true);
        uint s = local.Struct("s", 8, new Field("old", number, 0), new Field("m", number, 32));
        uint toOld = local.String("0:0"), toM = local.String("0:1");
        var target = new BtfBuilder();
        uint numberT = target.Int("int", 4, true);
        target.Struct("s___with_old", 8, new Field("old", numberT, 0), new Field("m", numberT, 32));
        target.Struct("s", 16, new Field("m", numberT, 64));
        var fresh = new CoreRelocator(local.View(), new CoreTarget(target.View()));
        var narrowed = new CoreRelocator(local.View(), new CoreTarget(target.View()));

        Assert.ThrowsAny<BpfException>(() => fresh.Resolve(new CoreRelocation(0, s, toM, FieldByteOffset)));
        Assert.Equal(0u, narrowed.Resolve(new CoreRelocation(0, s, toOld, FieldByteOffset)).Value);
        Assert.Equal(4u, narrowed.Resolve(new CoreRelocation(0, s, toM, FieldByteOffset)).Value);
    }

    [Fact]
    public void Modules_are_asked_only_for_what_the_kernel_lacks()
    {
        var local = new BtfBuilder();
        uint inKernel = local.Struct("in_kernel", 1), inModule = local.Struct("in_module", 1);
        uint access = local.String("0");
        var kernel = new BtfBuilder();
        kernel.Struct("in_kernel", 10);
        BtfView kernelView = kernel.View("vmlinux");
        var module = new BtfBuilder();
        module.Struct("in_module", 20);
        int asked = 0;
        var relocator = new CoreRelocator(local.View(), new CoreTarget(kernelView, Modules));

        Assert.Equal(10u, relocator.Resolve(new CoreRelocation(0, inKernel, access, TypeSize)).Value);
        Assert.Equal(0, asked);
        Assert.Equal(20u, relocator.Resolve(new CoreRelocation(0, inModule, access, TypeSize)).Value);
        Assert.Equal(1, asked);

        IReadOnlyList<BtfView> Modules()
        {
            asked++;
            return [module.View("module")];
        }
    }

    [Fact]
    public void Enumerators_are_found_by_name_in_enumerations_of_either_width()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Enum("state", 4, true, ("IDLE", 0), ("BUSY", -1), ("GONE", 2));
        scene.Target.Enum64("state", false, ("NEW", 5), ("BUSY___now", 0x123456789abcdef0), ("IDLE", 7));

        Assert.Equal(7u, scene.Ask(EnumeratorValue, local, "0").Value);
        Assert.Equal(1u, scene.Ask(EnumeratorExists, local, "1").Value);
        Assert.Equal(0u, scene.Ask(EnumeratorExists, local, "2").Value);
        Assert.Equal(Asm.LoadImmediate64(R1, 0x123456789abcdef0), scene.Patch(EnumeratorValue, local, "1", Asm.LoadImmediate64(R1, ulong.MaxValue)));
        Assert.Equal([Asm.Call(195896080)], scene.Patch(EnumeratorValue, local, "2", Asm.Mov64(R1, 2)));
        Assert.Contains("no such enumerator", scene.Failure(EnumeratorValue, local, "3").Message);
        Assert.Contains("no such enumerator", scene.Failure(EnumeratorValue, local, "0:1").Message);
    }

    [Fact]
    public void A_type_without_a_name_and_an_unknown_question_are_refused()
    {
        var scene = new CoreScene();
        uint anonymous = scene.Local.Struct("", 4, new Field("m", scene.Local.Int("int", 4, true), 0));
        uint named = scene.Local.Struct("s", 4);
        scene.Target.Struct("s", 4);

        Assert.Contains("without a name", scene.Failure(FieldByteOffset, anonymous, "0:0").Message);
        Assert.Contains("relocation kind 77 is not known", scene.Failure((CoreRelocationKind)77, named, "0").Message);
        Assert.Contains("there is no type [99]", scene.Failure(TypeExists, 99, "0").Message);
        Assert.Contains("a type as a whole has the path \"0\"", scene.Failure(TypeExists, named, "0:0").Message);
    }

    /// <summary>Each row: whether the type exists, and whether it matches, for a local and a target declaration of the type <c>t</c>.</summary>
    public static TheoryData<string, bool, bool> Relations() => new()
    {
        { "struct: same", true, true },
        { "struct: fewer members in the target", true, false },
        { "struct: more members in the target", true, true },
        { "struct: member of another size", true, false },
        { "struct: member of another sign", true, false },
        { "struct: array member of another length", true, false },
        { "struct: pointer to a struct of other members", true, true },
        { "struct: pointer to a struct of another name", true, false },
        { "struct: pointer to a forward declaration", true, true },
        { "struct: pointer to a forward union", true, false },
        { "struct against union", false, false },
        { "typedef of int: same", true, true },
        { "typedef of int: another size", true, false },
        { "typedef of int against struct", false, false },
        { "typedef of function pointer: same", true, true },
        { "typedef of function pointer: one parameter more", false, false },
        { "typedef of function pointer: result of another size", true, false },
        { "typedef of function pointer: result void", false, false },
        { "enum: enumerators of other values", true, true },
        { "enum: an enumerator less in the target", true, false },
        { "enum: of another size", true, false },
        { "enum against enum64", true, false },
    };

    [Theory]
    [MemberData(nameof(Relations))]
    public void A_type_exists_by_kind_and_matches_by_what_it_is_made_of(string row, bool exists, bool matches)
    {
        var scene = new CoreScene();
        uint local = Declare(scene.Local, row, inTarget: false);
        Declare(scene.Target, row, inTarget: true);

        Assert.Equal(exists, scene.Ask(TypeExists, local, "0").Value == 1);
        Assert.Equal(matches, scene.Ask(TypeMatches, local, "0").Value == 1);
    }

    /// <summary>Declares <c>t</c> as the row says: plain on the local side, with the row's difference on the target's.</summary>
    private static uint Declare(BtfBuilder b, string row, bool inTarget)
    {
        string difference = inTarget ? row[(row.IndexOf(':') + 1)..].Trim() : "same";
        uint number = b.Int("int", 4, signed: true), wide = b.Int("long", 8, signed: true);
        switch (row[..Math.Max(row.IndexOf(':'), 0)])
        {
            case "struct":
                uint pointee = difference switch
                {
                    "pointer to a struct of other members" => b.Struct("p", 4, new Field("z", number, 0)),
                    "pointer to a struct of another name" => b.Struct("q", 8),
                    "pointer to a forward declaration" => b.Fwd("p"),
                    "pointer to a forward union" => b.Fwd("p", isUnion: true),
                    _ => b.Struct("p", 8, new Field("y", wide, 0)),
                };
                // Integers match by size and sign: their names are the same here.
                uint a = difference switch
                {
                    "member of another size" => b.Int("int", 8, signed: true),
                    "member of another sign" => b.Int("int", 4),
                    _ => number,
                };
                Field[] fields =
                [
                    new("a", a, 0), new("array", b.Array(number, number, difference == "array member of another length" ? 3u : 2u), 64),
                    new("pointer", b.Refer(BtfKind.Const, b.Ptr(pointee)), 128), new("last", number, 192),
                ];
                return difference switch
                {
                    "fewer members in the target" => b.Struct("t", 32, fields[..3]),
                    "more members in the target" => b.Struct("t", 64, [.. fields, new Field("extra", number, 256)]),
                    _ => b.Struct("t", 32, fields),
                };
            case "typedef of int":
                return b.Refer(BtfKind.Typedef, difference == "another size" ? b.Int("int", 8, signed: true) : number, "t");
            case "typedef of function pointer":
                (string, uint)[] parameters = difference == "one parameter more" ? [("x", number), ("y", number)] : [("x", number)];
                uint result = difference switch { "result of another size" => b.Int("int", 8, signed: true), "result void" => 0u, _ => number };
                return b.Refer(BtfKind.Typedef, b.Ptr(b.FuncProto(result, parameters)), "t");
            case "enum":
                (string, int)[] values = difference switch
                {
                    "enumerators of other values" => [("A", 7), ("B", 8), ("C", 9)],
                    "an enumerator less in the target" => [("A", 0)],
                    _ => [("A", 0), ("B", 1)],
                };
                return b.Enum("t", difference == "of another size" ? 8u : 4u, false, values);
        }

        return row switch
        {
            "struct against union" when inTarget => b.Union("t", 4, new Field("a", number, 0)),
            "struct against union" => b.Struct("t", 4, new Field("a", number, 0)),
            "typedef of int against struct" when inTarget => b.Refer(BtfKind.Typedef, b.Struct("s", 4), "t"),
            "typedef of int against struct" => b.Refer(BtfKind.Typedef, number, "t"),
            "enum against enum64" when inTarget => b.Enum64("t", false, ("A", 0), ("B", 1)),
            _ => b.Enum("t", 4, false, ("A", 0), ("B", 1)),
        };
    }
}
