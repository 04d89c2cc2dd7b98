using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class HelperTests
{
    private static readonly Instruction[] End = [Mov64(R0, 0), Exit()];

    private static readonly Instruction[] Reserve = [.. LoadMap(R1, 0), Mov64(R2, 16), Mov64(R3, 0), Call(HelperId.RingBufReserve)];

    [Fact]
    public void An_unknown_helper_is_refused() => Check.Refuses(Rule.UnknownHelper, Call(9999), Exit());

    [Fact]
    public void A_helper_of_other_program_types_is_refused()
    {
        Rejection rejection = Check.Refuses(Rule.UnknownHelper, ProgramType.SocketFilter, [], Mov64(R2, 0), Call(HelperId.XdpAdjustHead), Exit());

        Assert.Contains("xdp", rejection.Reason);
    }

    [Fact]
    public void A_GPL_helper_needs_a_GPL_program()
    {
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, 0), Mov64(R1, R10), Add64(R1, -8), Mov64(R2, 8), Mov64(R3, 0), Call(HelperId.ProbeReadKernel), .. End,
        ];
        ProgramSpec program = Check.Program(ProgramType.Kprobe, code);

        Assert.True(ProgramVerifier.Verify(program, [], VerifierOptions.Default).IsAccepted);
        Rejection? rejection = ProgramVerifier.Verify(program with { License = "Proprietary" }, [], VerifierOptions.Default).Rejection;
        Assert.Contains("Proprietary", rejection?.Reason);
    }

    [Fact]
    public void Memory_may_be_null_only_where_its_size_is_zero()
    {
        MapSpec format = Check.Map(MapType.Array, 4, 16, 1) with { IsFrozen = true, Flags = MapFlags.ReadOnlyProgram, InitialData = new byte[16] };
        Instruction[] start = [Mov64(R1, 0), Mov64(R4, 0), Mov64(R5, 0), .. LoadMapValue(R3, 0, 0)];

        Check.Accepts(ProgramType.SocketFilter, [format], [.. start, Mov64(R2, 0), Call(HelperId.Snprintf), .. End]);
        Check.Refuses(Rule.NullDereference, ProgramType.SocketFilter, [format], [.. start, Mov64(R2, 8), Call(HelperId.Snprintf), .. End]);
    }

    [Fact]
    public void What_may_be_null_is_no_memory_of_any_size()
    {
        MapSpec format = Check.Map(MapType.Array, 4, 16, 1) with { IsFrozen = true, Flags = MapFlags.ReadOnlyProgram, InitialData = new byte[16] };
        Instruction[] lookup = [StoreImmediate(Size.DW, R10, -8, 0), .. LoadMap(R1, 1), Mov64(R2, R10), Add64(R2, -8), Call(HelperId.MapLookupElem), Mov64(R1, R0)];
        Instruction[] print = [Mov64(R2, 8), .. LoadMapValue(R3, 0, 0), Mov64(R4, 0), Mov64(R5, 0), Call(HelperId.Snprintf), .. End];

        Check.Accepts(ProgramType.SocketFilter, [format, Check.Hash64], [.. lookup, JumpIf(Opcodes.Jne, R0, 0, 2), .. End, .. print]);
        Check.Refuses(Rule.NullDereference, ProgramType.SocketFilter, [format, Check.Hash64], [.. lookup, .. print]);
    }

    [Fact]
    public void A_size_must_have_an_upper_bound()
    {
        Instruction[] start = [Load(Size.W, R4, R1, 0), Mov64(R3, R10), Add64(R3, -16), Mov64(R2, 0)];

        Check.Accepts([.. start, And64(R4, 15), Add64(R4, 1), Call(HelperId.SkbLoadBytes), .. End]);
        Check.Refuses(Rule.StackAccess, [.. start, And64(R4, 31), Add64(R4, 1), Call(HelperId.SkbLoadBytes), .. End]);
        Rejection zero = Check.Refuses(Rule.HelperArgument, [.. start, And64(R4, 15), Call(HelperId.SkbLoadBytes), .. End]);
        Assert.Contains("may be zero", zero.Reason);
    }

    [Fact]
    public void What_a_helper_fills_is_no_longer_what_it_was() => Check.Refuses(
        Rule.NotAPointer,
        Store(Size.DW, R10, -8, R1),
        Mov64(R3, R10),
        Add64(R3, -8),
        Mov64(R2, 0),
        Mov64(R4, 8),
        Call(HelperId.SkbLoadBytes),
        Load(Size.DW, R1, R10, -8),
        Load(Size.W, R0, R1, 0),
        Exit());

    [Fact]
    public void A_ring_buffer_record_is_passed_on_every_path()
    {
        Instruction[] submit = [Mov64(R1, R0), Mov64(R2, 0), Call(HelperId.RingBufSubmit)];

        Check.Accepts(ProgramType.SocketFilter, [Check.RingBuffer], [.. Reserve, JumpIf(Opcodes.Jeq, R0, 0, 4), StoreImmediate(Size.DW, R0, 8, 1), .. submit, .. End]);
        Rejection leak = Check.Refuses(Rule.Reference, ProgramType.SocketFilter, [Check.RingBuffer], [.. Reserve, .. End]);
        Assert.Contains("instruction 4", leak.Reason);
    }

    [Fact]
    public void A_record_is_not_used_after_it_was_passed_on() => Check.Refuses(
        Rule.NotAPointer, ProgramType.SocketFilter, [Check.RingBuffer],
        [
            .. Reserve, JumpIf(Opcodes.Jeq, R0, 0, 5), Mov64(R6, R0), Mov64(R1, R0), Mov64(R2, 0), Call(HelperId.RingBufSubmit), StoreImmediate(Size.DW, R6, 0, 1), .. End,
        ]);

    [Fact]
    public void A_record_is_not_passed_on_twice() => Check.Refuses(
        Rule.Reference, ProgramType.SocketFilter, [Check.RingBuffer],
        [
            .. Reserve, JumpIf(Opcodes.Jeq, R0, 0, 7), Mov64(R6, R0), Mov64(R1, R0), Mov64(R2, 0), Call(HelperId.RingBufSubmit),
            Mov64(R1, R6), Mov64(R2, 0), Call(HelperId.RingBufSubmit), .. End,
        ]);

    [Fact]
    public void A_record_has_the_size_that_was_reserved() => Check.Refuses(
        Rule.MemoryAccess, ProgramType.SocketFilter, [Check.RingBuffer], [.. Reserve, JumpIf(Opcodes.Jeq, R0, 0, 1), StoreImmediate(Size.DW, R0, 9, 1), .. End]);

    [Fact]
    public void The_result_of_a_tail_call_cannot_be_read()
    {
        MapSpec programs = Check.Map(MapType.ProgArray, 4, 4, 2);
        Instruction[] call = [.. LoadMap(R2, 0), Mov64(R3, 0), Call(HelperId.TailCall)];

        Check.Accepts(ProgramType.SocketFilter, [programs], [.. call, .. End]);
        Check.Refuses(Rule.UninitialisedRegister, ProgramType.SocketFilter, [programs], [.. call, Exit()]);
    }

    [Fact]
    public void A_return_value_must_be_one_that_the_program_type_allows()
    {
        Check.Accepts(ProgramType.CgroupSock, [], Mov64(R0, 1), Exit());
        Rejection rejection = Check.Refuses(Rule.ReturnValue, ProgramType.CgroupSock, [], Mov64(R0, 2), Exit());

        Assert.Equal("a cgroup_sock program must return 0 to 1, but R0 may be 2", rejection.Reason);
    }

    [Fact]
    public void Packet_memory_goes_only_to_helpers_that_take_it()
    {
        Instruction[] packet = [Load(Size.W, R6, R1, 0), Load(Size.W, R3, R1, 4), Mov64(R4, R6), Add64(R4, 8), JumpIf(Opcodes.Jgt, R4, R3, 5)];

        Check.Accepts(ProgramType.Xdp, [Check.Hash64], [.. packet, .. LoadMap(R1, 0), Mov64(R2, R6), Call(HelperId.MapDeleteElem), Mov64(R0, 0), .. End]);
        Check.Refuses(
            Rule.HelperArgument, ProgramType.Xdp, [Check.RingBuffer],
            [.. packet, .. LoadMap(R1, 0), Mov64(R2, R6), Mov64(R3, 8), Mov64(R4, 0), Call(HelperId.RingBufOutput), .. End]);
    }

    [Fact]
    public void A_legacy_packet_load_needs_the_context_in_R6()
    {
        Check.Accepts(Mov64(R6, R1), LoadAbsolute(Size.H, 12), Exit());
        Check.Refuses(Rule.UninitialisedRegister, LoadAbsolute(Size.H, 12), Exit());
        Check.Refuses(Rule.InvalidInstruction, ProgramType.Xdp, [], Mov64(R6, R1), LoadAbsolute(Size.H, 12), Exit());
    }
}
