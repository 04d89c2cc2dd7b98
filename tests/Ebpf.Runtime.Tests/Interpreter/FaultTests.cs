using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Interpreter;

public sealed class FaultTests
{
    [Fact]
    public void A_null_pointer_is_named() => Assert.Equal(
        new Fault(1, "a read of 8 bytes at 0x0, outside all memory of the run (a null pointer)"), EngineRoom.Fault(Mov64(R2, 0), Load(Size.DW, R0, R2, 0), Exit()));

    [Fact]
    public void A_load_below_the_stack_is_stopped() => Assert.Equal(0, EngineRoom.Fault(Load(Size.B, R0, R10, -513), Exit()).Instruction);

    [Fact]
    public void A_store_that_runs_over_the_end_of_the_stack_is_stopped() =>
        Assert.Contains("runs over the end of the stack", EngineRoom.Fault(StoreImmediate(Size.DW, R10, -4, 1), Exit()).Reason);

    [Fact]
    public void A_function_cannot_reach_below_its_own_frame() =>
        Assert.Equal(2, EngineRoom.Fault(CallLocal(1), Exit(), Load(Size.B, R0, R10, -513), Exit()).Instruction);

    [Fact]
    public void A_callers_frame_is_gone_after_the_return() => Assert.Equal(
        1, EngineRoom.Fault(CallLocal(2), Load(Size.DW, R1, R0, 0), Exit(), Mov64(R0, R10), Add64(R0, -8), Exit()).Instruction);

    [Fact]
    public void An_atomic_must_be_aligned() => Assert.Contains("not aligned", EngineRoom.Fault(Atomic(Size.DW, Opcodes.AtomicAdd, R10, -12, R1), Exit()).Reason);

    [Fact]
    public void Code_that_falls_off_its_end_is_stopped() => Assert.Contains("falls off", EngineRoom.Fault(Mov64(R0, 0)).Reason);

    [Fact]
    public void A_jump_out_of_the_program_is_stopped() => Assert.Equal(new Fault(0, "a jump to instruction 100, outside the program"), EngineRoom.Fault(Jump(99), Exit()));

    [Fact]
    public void A_jump_into_a_wide_immediate_is_stopped() =>
        Assert.Equal(new Fault(2, "this is the second half of a 64-bit immediate"), EngineRoom.Fault([Jump(1), .. LoadImmediate64(R0, 1), Exit()]));

    [Fact]
    public void Writing_the_frame_pointer_is_stopped() => Assert.Contains("frame pointer", EngineRoom.Fault(Mov64(R10, 0), Exit()).Reason);

    [Fact]
    public void An_unknown_instruction_is_stopped() => Assert.Equal("unknown instruction 0xff", EngineRoom.Fault(new Instruction(0xff, R0, R0, 0, 0), Exit()).Reason);

    [Fact]
    public void A_failed_CO_RE_relocation_says_so() => Assert.Contains("CO-RE", EngineRoom.Fault(Call(0xbad2310), Exit()).Reason);

    [Fact]
    public void A_map_that_was_not_created_says_so() => Assert.Contains("was not created", EngineRoom.Fault([.. LoadMap(R1, 3), Exit()]).Reason);

    [Fact]
    public void A_program_that_does_not_end_is_stopped_by_its_budget()
    {
        using var room = new EngineRoom();
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Unspec, Jump(-1)), options: new ProgramOptions { InstructionBudget = 1000 });

        Assert.Equal(new Fault(0, "the instruction budget is used up"), program.Run(new RunRequest()).Fault);
    }

    [Fact]
    public void A_map_value_can_be_touched_but_not_what_lies_beyond_it()
    {
        using var room = new EngineRoom();
        room.Map(MapType.Array, 4, 8, 4);
        Instruction[] code =
        [
            StoreImmediate(Size.W, R10, -4, 1), .. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -4), Call(HelperId.MapLookupElem),
            JumpIf(Opcodes.Jeq, R0, 0, 3), StoreImmediate(Size.DW, R0, 0, 5), Load(Size.B, R1, R0, 8), Exit(), Exit(),
        ];

        Fault? fault = room.Run(ProgramType.Unspec, new RunRequest(), code).Fault;

        Assert.Equal(8, fault!.Instruction);
    }

    [Fact]
    public void A_key_outside_all_memory_stops_the_helper()
    {
        using var room = new EngineRoom();
        room.Map(MapType.Array, 4, 8, 4);

        Fault? fault = room.Run(ProgramType.Unspec, new RunRequest(), [.. LoadMap(R1, 0), Mov64(R2, 0), Call(HelperId.MapLookupElem), Exit()]).Fault;

        Assert.Equal(3, fault!.Instruction);
    }

    [Fact]
    public void A_number_is_no_map()
    {
        using var room = new EngineRoom();

        Assert.Contains("is not a map", room.Run(ProgramType.Unspec, new RunRequest(), Mov64(R1, 5), Mov64(R2, R10), Call(HelperId.MapLookupElem), Exit()).Fault!.Reason);
    }

    [Fact]
    public void A_map_that_programs_may_only_read_is_not_written()
    {
        using var room = new EngineRoom();
        room.Map(MapType.Array, 4, 8, 1, MapFlags.ReadOnlyProgram);

        Assert.Contains("may only read", room.Run(ProgramType.Unspec, new RunRequest(), [.. LoadMapValue(R1, 0, 0), StoreImmediate(Size.B, R1, 0, 1), Exit()]).Fault!.Reason);
    }
}
