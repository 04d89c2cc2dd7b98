using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Tests.Btf;
using static Ebpf.Bytecode.Btf.CoreRelocationKind;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Bytecode.Tests.Relocation;

public sealed class CoreFieldTests
{
    [Fact]
    public void A_member_is_found_by_name_wherever_it_moved_also_into_anonymous_structs()
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("task", 8, new Field("pid", u32, 0), new Field("flags", u32, 32));
        uint u32T = scene.Target.Int("unsigned int", 4);
        uint anonymous = scene.Target.Struct("", 8, new Field("before", u32T, 0), new Field("flags", u32T, 32));
        uint union = scene.Target.Union("", 8, new Field("", anonymous, 0));
        scene.Target.Struct("task", 24, new Field("state", u32T, 0), new Field("", union, 128), new Field("pid", u32T, 64));

        Assert.Equal("r1 = *(u32 *)(r2 + 8)", scene.PatchedText(FieldByteOffset, local, "0:0", Asm.Load(Size.W, R1, R2, 0)));
        Assert.Equal("r1 = *(u32 *)(r2 + 20)", scene.PatchedText(FieldByteOffset, local, "0:1", Asm.Load(Size.W, R1, R2, 4)));
        Assert.Equal("*(u32 *)(r2 + 20) = r1", scene.PatchedText(FieldByteOffset, local, "0:1", Asm.Store(Size.W, R2, 4, R1)));
        Assert.Equal("*(u32 *)(r2 + 20) = 7", scene.PatchedText(FieldByteOffset, local, "0:1", Asm.StoreImmediate(Size.W, R2, 4, 7)));
        Assert.Equal("r1 += 20", scene.PatchedText(FieldByteOffset, local, "0:1", Asm.Add64(R1, 4)));
        Assert.Equal("w1 = 20", scene.PatchedText(FieldByteOffset, local, "0:1", Asm.Mov32(R1, 4)));
    }

    [Fact]
    public void A_path_starts_with_an_index_over_whole_structs_and_goes_through_arrays()
    {
        var scene = new CoreScene();
        uint u16 = scene.Local.Int("u16", 2);
        uint row = scene.Local.Array(u16, u16, 4);
        uint rows = scene.Local.Array(row, u16, 2);
        uint local = scene.Local.Struct("table", 16, new Field("cells", rows, 0));
        uint u16T = scene.Target.Int("u16", 2);
        uint rowT = scene.Target.Array(u16T, u16T, 8);
        uint rowsT = scene.Target.Array(rowT, u16T, 2);
        scene.Target.Struct("table", 40, new Field("header", u16T, 0), new Field("cells", rowsT, 64));

        // table[2].cells[1][3]: 2 * 40 + 8 + 1 * 16 + 3 * 2
        Assert.Equal(110u, scene.Ask(FieldByteOffset, local, "2:0:1:3").Value);
        Assert.Equal(2u * 16 + 8 + 6, scene.Ask(FieldByteOffset, local, "2:0:1:3").OriginalValue);
        Assert.Equal(16u, scene.Ask(FieldByteSize, local, "0:0:1").Value);
        Assert.Equal(32u, scene.Ask(FieldByteSize, local, "0:0").Value);
    }

    [Theory]
    [InlineData("0:1:0", 8u)]
    [InlineData("0:1:5", 28u)]
    public void The_array_that_a_struct_ends_with_takes_any_index(string access, ulong expected)
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("list", 4, new Field("count", u32, 0), new Field("items", scene.Local.Array(u32, u32, 0), 32));
        uint u32T = scene.Target.Int("u32", 4);
        scene.Target.Struct("list", 8, new Field("more", u32T, 32), new Field("count", u32T, 0), new Field("items", scene.Target.Array(u32T, u32T, 0), 64));

        Assert.Equal(expected, scene.Ask(FieldByteOffset, local, access).Value);
    }

    [Fact]
    public void An_element_beyond_the_targets_array_does_not_exist()
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("s", 16, new Field("a", scene.Local.Array(u32, u32, 4), 0));
        uint u32T = scene.Target.Int("u32", 4);
        scene.Target.Struct("s", 8, new Field("a", scene.Target.Array(u32T, u32T, 2), 0));

        Assert.Equal(1u, scene.Ask(FieldExists, local, "0:0:1").Value);
        Assert.Equal(0u, scene.Ask(FieldExists, local, "0:0:2").Value);
        Assert.True(scene.Ask(FieldByteOffset, local, "0:0:2").IsUnresolved);
        BpfException beyond = scene.Failure(FieldByteOffset, local, "0:0:4");
        Assert.Contains("the array [2] has 4 elements", beyond.Message);
    }

    [Fact]
    public void What_the_target_lacks_becomes_a_call_that_no_verifier_accepts()
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("s", 4, new Field("gone", u32, 0));
        scene.Target.Struct("s", 4, new Field("other", scene.Target.Int("u32", 4), 0));

        Assert.Equal([Asm.Call(195896080)], scene.Patch(FieldByteOffset, local, "0:0", Asm.Load(Size.W, R1, R2, 0)));
        Assert.Equal([Asm.Call(195896080), Asm.Call(195896080)], scene.Patch(FieldByteOffset, local, "0:0", Asm.LoadImmediate64(R1, 0)));
        Assert.Equal(0u, scene.Ask(FieldExists, local, "0:0").Value);
        Assert.Equal("r1 = 0", scene.PatchedText(FieldExists, local, "0:0", Asm.Mov64(R1, 1)));
    }

    [Theory]
    [InlineData(false, 8u, "r1 = *(u64 *)(r2 + 0)")]
    [InlineData(false, 2u, "r1 = *(u16 *)(r2 + 0)")]
    [InlineData(false, 1u, "r1 = *(u8 *)(r2 + 0)")]
    [InlineData(true, 8u, "call unknown#195896080")]
    [InlineData(true, 4u, "r1 = *(u32 *)(r2 + 0)")]
    public void A_load_takes_the_size_that_the_member_has_in_the_target_unless_it_would_lose_the_sign(bool signed, uint size, string expected)
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("x", 4, signed), 0));
        scene.Target.Struct("s", 8, new Field("m", scene.Target.Int("x", size, signed), 0));

        Assert.Equal(expected, scene.PatchedText(FieldByteOffset, local, "0:0", Asm.Load(Size.W, R1, R2, 0)));
        // An address is not loaded from: its relocation never minds the size.
        Assert.Equal("r1 += 0", scene.PatchedText(FieldByteOffset, local, "0:0", Asm.Add64(R1, 0)));
    }

    [Fact]
    public void A_load_of_another_size_than_the_member_cannot_be_resized()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("x", 4), 0));
        scene.Target.Struct("s", 8, new Field("m", scene.Target.Int("x", 8), 0));

        BpfException failure = scene.Failure(FieldByteOffset, local, "0:0", Asm.Load(Size.H, R1, R2, 0));

        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Contains("a load or store of 2 bytes is on a member of 4", failure.Message);
    }

    [Fact]
    public void An_offset_beyond_16_bits_fits_arithmetic_but_no_load()
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("s", 4, new Field("m", u32, 0));
        scene.Target.Struct("s", 40004, new Field("m", scene.Target.Int("u32", 4), 40000 * 8));

        Assert.Equal(Errno.ERANGE, scene.Failure(FieldByteOffset, local, "0:0", Asm.Load(Size.W, R1, R2, 0)).Errno);
        Assert.Equal("r1 += 40000", scene.PatchedText(FieldByteOffset, local, "0:0", Asm.Add64(R1, 0)));
    }

    [Theory]
    [InlineData(true, 64u - 7)]
    [InlineData(false, 32u + 2)]
    public void The_shifts_that_isolate_a_bit_field_depend_on_the_byte_order(bool littleEndian, uint left)
    {
        var scene = new CoreScene(littleEndian);
        uint local = scene.Local.Struct("s", 4, new Field("flag", scene.Local.Int("u32", 4), 3, 5));
        uint u32 = scene.Target.Int("u32", 4);
        scene.Target.Struct("s", 8, new Field("pad", u32, 0), new Field("flag", u32, 34, 5));

        Assert.Equal(left, scene.Ask(FieldLeftShift, local, "0:0").Value);
        Assert.Equal(64u - 5, scene.Ask(FieldRightShift, local, "0:0").Value);
        Assert.Equal(4u, scene.Ask(FieldByteOffset, local, "0:0").Value);
        Assert.Equal(4u, scene.Ask(FieldByteSize, local, "0:0").Value);
    }

    [Fact]
    public void Where_a_bit_field_is_loaded_from_is_the_compilers_choice_and_not_checked()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("flag", scene.Local.Int("u32", 4), 3, 5));
        scene.Target.Struct("s", 4, new Field("flag", scene.Target.Int("u32", 4), 8, 5));

        Assert.Equal("r1 = 0", scene.PatchedText(FieldByteOffset, local, "0:0", Asm.Mov64(R1, 77)));
        Assert.Equal("r1 = 4", scene.PatchedText(FieldByteSize, local, "0:0", Asm.Mov64(R1, 1)));
        Assert.ThrowsAny<BpfException>(() => scene.PatchedText(FieldRightShift, local, "0:0", Asm.Mov64(R1, 1)));
    }

    [Fact]
    public void A_bit_field_that_crosses_its_type_is_loaded_with_the_next_larger_size_up_to_eight_bytes()
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("s", 4, new Field("near", u32, 0, 3), new Field("far", u32, 3, 3));
        uint u32T = scene.Target.Int("u32", 4);
        scene.Target.Struct("s", 16, new Field("near", u32T, 30, 4), new Field("far", u32T, 62, 4));

        Assert.Equal(8u, scene.Ask(FieldByteSize, local, "0:0").Value);
        Assert.Equal(0u, scene.Ask(FieldByteOffset, local, "0:0").Value);
        Assert.Equal(64u - 34, scene.Ask(FieldLeftShift, local, "0:0").Value);
        Assert.Equal(Errno.E2BIG, scene.Failure(FieldByteSize, local, "0:1").Errno);
    }

    [Fact]
    public void Sign_is_asked_of_integers_and_enumerations()
    {
        var scene = new CoreScene();
        uint s = scene.Local.Int("x", 4, signed: true);
        uint local = scene.Local.Struct("s", 16, new Field("i", s, 0), new Field("e", scene.Local.Enum("e", 4, true, ("A", -1)), 32), new Field("p", scene.Local.Ptr(0), 64));
        scene.Target.Struct("s", 16, new Field("i", scene.Target.Int("x", 4), 0), new Field("e", scene.Target.Enum("e", 4, true, ("A", -1)), 32), new Field("p", scene.Target.Ptr(0), 64));

        Assert.Equal((1ul, 0ul), Pair(scene.Ask(FieldSigned, local, "0:0")));
        Assert.Equal((1ul, 1ul), Pair(scene.Ask(FieldSigned, local, "0:1")));
        Assert.Equal((0ul, 0ul), Pair(scene.Ask(FieldSigned, local, "0:2")));
    }

    [Fact]
    public void An_instruction_that_does_not_hold_what_the_types_say_is_refused()
    {
        var scene = new CoreScene();
        uint u32 = scene.Local.Int("u32", 4);
        uint local = scene.Local.Struct("s", 8, new Field("pad", u32, 0), new Field("m", u32, 32));
        scene.Target.Struct("s", 8, new Field("m", scene.Target.Int("u32", 4), 0));

        BpfException failure = scene.Failure(FieldByteOffset, local, "0:1", Asm.Load(Size.W, R1, R2, 0));

        Assert.Equal("program 'program', instruction 0: CO-RE relocation <byte_off> [2] struct s.m (0:1 @ offset 4): the instruction holds 0 where the object's own types give 4; the object was damaged after compilation", failure.Message);
        Assert.Equal("program", failure.Program);
    }

    [Fact]
    public void Only_arithmetic_with_an_immediate_loads_stores_and_plain_wide_loads_can_be_relocated()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("u32", 4), 0));
        scene.Target.Struct("s", 4, new Field("m", scene.Target.Int("u32", 4), 0));

        foreach (Instruction instruction in (Instruction[])[Asm.Mov64(R1, R2), Asm.Exit(), Asm.Jump(1), Asm.LoadAbsolute(Size.W, 0), Asm.LoadMap(R1, 0)[0]])
            Assert.Contains("cannot be on the instruction", scene.Failure(FieldByteOffset, local, "0:0", instruction).Message);
        Assert.ThrowsAny<BpfException>(() => scene.Patch(FieldByteOffset, local, "0:0", Asm.LoadMap(R1, 0)));
        Assert.Equal(Asm.LoadImmediate64(R1, 0), scene.Patch(FieldByteOffset, local, "0:0", Asm.LoadImmediate64(R1, 0)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":0")]
    [InlineData("0:")]
    [InlineData("0:x")]
    [InlineData("0:-1")]
    [InlineData("0:99999999999")]
    [InlineData("0:1")]
    [InlineData("0:0:0")]
    public void A_path_that_cannot_be_followed_is_refused(string access)
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("u32", 4), 0));
        scene.Target.Struct("s", 4, new Field("m", scene.Target.Int("u32", 4), 0));

        BpfException failure = scene.Failure(FieldByteOffset, local, access);

        Assert.Equal(Errno.EINVAL, failure.Errno);
        Assert.Contains("cannot be followed", failure.Message);
    }

    [Fact]
    public void A_path_of_more_than_64_steps_is_refused()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("u32", 4), 0));

        Assert.Equal(Errno.E2BIG, scene.Failure(FieldByteOffset, local, string.Join(':', Enumerable.Repeat("0", 65))).Errno);
    }

    [Fact]
    public void Types_that_nest_in_bad_faith_are_given_up_on()
    {
        var scene = new CoreScene();
        uint local = scene.Local.Struct("s", 4, new Field("m", scene.Local.Int("u32", 4), 0));
        // Twenty levels of twenty anonymous members each: the member is nowhere, and looking everywhere would take 20^20 steps.
        uint inner = scene.Target.Struct("", 4, new Field("x", scene.Target.Int("u32", 4), 0));
        for (int level = 0; level < 20; level++)
            inner = scene.Target.Struct(level == 19 ? "s" : "", 4, [.. Enumerable.Repeat(new Field("", inner, 0), 20)]);

        Assert.Equal(Errno.E2BIG, scene.Failure(FieldByteOffset, local, "0:0").Errno);
    }

    private static (ulong, ulong) Pair(CoreResolution resolution) => (resolution.OriginalValue, resolution.Value);
}
