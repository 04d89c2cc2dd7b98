using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class MapTests
{
    private static readonly Instruction[] Lookup =
    [
        StoreImmediate(Size.DW, R10, -8, 0),
        .. LoadMap(R1, 0),
        Mov64(R2, R10),
        Add64(R2, -8),
        Call(HelperId.MapLookupElem),
    ];

    private static readonly Instruction[] End = [Mov64(R0, 0), Exit()];

    [Fact]
    public void A_value_that_may_be_null_cannot_be_read()
    {
        Rejection rejection = Check.Refuses(Rule.NullDereference, ProgramType.SocketFilter, [Check.Hash64], [.. Lookup, Load(Size.DW, R0, R0, 0), .. End]);

        Assert.Contains("NULL", rejection.Suggestion);
    }

    [Fact]
    public void A_null_check_makes_it_usable() => Check.Accepts(
        ProgramType.SocketFilter, [Check.Hash64], [.. Lookup, JumpIf(Opcodes.Jeq, R0, 0, 1), Load(Size.DW, R0, R0, 56), .. End]);

    [Fact]
    public void A_null_check_of_a_copy_counts_for_all_copies() => Check.Accepts(
        ProgramType.SocketFilter, [Check.Hash64], [.. Lookup, Mov64(R6, R0), JumpIf(Opcodes.Jeq, R0, 0, 1), Load(Size.DW, R0, R6, 0), .. End]);

    [Theory]
    [InlineData(57)]
    [InlineData(64)]
    [InlineData(-1)]
    public void Access_outside_the_value_is_refused(short offset) => Check.Refuses(
        Rule.MapValueAccess, ProgramType.SocketFilter, [Check.Hash64], [.. Lookup, JumpIf(Opcodes.Jeq, R0, 0, 1), Load(Size.DW, R0, R0, offset), .. End]);

    [Fact]
    public void A_variable_index_needs_an_upper_bound()
    {
        Instruction[] index = [Load(Size.W, R7, R6, 0)];
        Instruction[] start = [Mov64(R6, R1), .. Lookup, JumpIf(Opcodes.Jeq, R0, 0, 4), .. index];

        Check.Accepts(ProgramType.SocketFilter, [Check.Hash64], [.. start, And64(R7, 63), Add64(R0, R7), Load(Size.B, R0, R0, 0), .. End]);
        Rejection rejection = Check.Refuses(Rule.MapValueAccess, ProgramType.SocketFilter, [Check.Hash64], [.. start, And64(R7, 127), Add64(R0, R7), Load(Size.B, R0, R0, 0), .. End]);
        Assert.Contains("anything from 0 to 127", rejection.Reason);
    }

    [Fact]
    public void An_array_has_an_element_for_every_constant_index_within_it()
    {
        Check.Accepts(ProgramType.SocketFilter, [Check.Array16], [.. Lookup, Load(Size.DW, R0, R0, 0), .. End]);
        Check.Refuses(
            Rule.NullDereference, ProgramType.SocketFilter, [Check.Array16],
            [StoreImmediate(Size.W, R10, -8, 4), .. Lookup.AsSpan(1), Load(Size.DW, R0, R0, 0), .. End]);
    }

    [Fact]
    public void The_key_must_lie_inside_the_stack() => Check.Refuses(
        Rule.StackAccess, ProgramType.SocketFilter, [Check.Hash64],
        [.. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -4), Call(HelperId.MapLookupElem), .. End]);

    [Fact]
    public void The_first_argument_must_be_a_map() => Check.Refuses(
        Rule.HelperArgument, ProgramType.SocketFilter, [Check.Hash64],
        [StoreImmediate(Size.DW, R10, -8, 0), Mov64(R2, R10), Add64(R2, -8), Call(HelperId.MapLookupElem), .. End]);

    [Fact]
    public void A_helper_takes_only_its_kinds_of_maps() => Check.Refuses(
        Rule.MapType, ProgramType.SocketFilter, [Check.RingBuffer], [.. Lookup, .. End]);

    [Fact]
    public void Read_only_maps_are_not_written() => Check.Refuses(
        Rule.ReadOnlyMemory, ProgramType.SocketFilter, [Check.Map(MapType.Array, 4, 16, 1, MapFlags.ReadOnlyProgram)],
        [.. LoadMapValue(R1, 0, 0), StoreImmediate(Size.W, R1, 0, 1), .. End]);

    [Fact]
    public void Contents_of_frozen_maps_are_constants()
    {
        MapSpec constants = Check.Map(MapType.Array, 4, 4, 1, MapFlags.ReadOnlyProgram) with { IsFrozen = true, InitialData = new byte[] { 3, 0, 0, 0 } };

        Check.Accepts(
            ProgramType.SocketFilter, [constants],
            [.. LoadMapValue(R1, 0, 0), Load(Size.W, R0, R1, 0), JumpIf(Opcodes.Jeq, R0, 3, 1), Load(Size.B, R0, R0, 0), Exit()]);
    }

    [Fact]
    public void A_map_that_does_not_exist_is_refused() => Check.Refuses(Rule.InvalidInstruction, ProgramType.SocketFilter, [], [.. LoadMap(R1, 0), .. End]);

    [Fact]
    public void A_missing_map_matters_only_where_it_is_reached()
    {
        Check.Refuses(Rule.MissingMap, Call(2001000003), Exit());
        Check.Accepts(Mov64(R0, 0), JumpIf(Opcodes.Jeq, R0, 0, 1), Call(2001000003), Exit());
    }

    [Fact]
    public void An_unresolved_relocation_is_named() => Check.Refuses(Rule.UnresolvedRelocation, Call(195896080), Exit());

    [Fact]
    public void Inner_maps_are_looked_up_after_a_null_check()
    {
        MapSpec outer = Check.Map(MapType.ArrayOfMaps, 4, 4, 1) with { Inner = Check.Hash64 };
        Instruction[] second = [Mov64(R1, R0), Mov64(R2, R10), Add64(R2, -8), Call(HelperId.MapLookupElem)];

        Check.Accepts(ProgramType.SocketFilter, [outer], [.. Lookup, JumpIf(Opcodes.Jeq, R0, 0, 6), .. second, JumpIf(Opcodes.Jeq, R0, 0, 1), Load(Size.DW, R0, R0, 0), .. End]);
        Check.Refuses(Rule.NullDereference, ProgramType.SocketFilter, [outer], [.. Lookup, .. second, .. End]);
    }

    [Fact]
    public void Facts_name_the_map_of_a_call()
    {
        VerificationResult result = Check.Accepts(ProgramType.SocketFilter, [Check.Hash64], [.. Lookup, .. End]);

        Assert.Equal(0, result.Facts!.Instructions[5].MapIndex);
    }
}
