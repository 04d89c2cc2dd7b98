using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Maps;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Helpers;

public sealed class TailCallTests
{
    private static Instruction[] TailCall(int index) => [.. LoadMap(R2, 0), Mov64(R3, index), Call(HelperId.TailCall)];

    private static void Put(EmbeddedMap map, int index, EmbeddedProgram program) => Assert.Equal(0, ((IReferenceMap)map).HostSet(BitConverter.GetBytes(index), program));

    [Fact]
    public void A_tail_call_does_not_come_back()
    {
        using var room = new EngineRoom();
        EmbeddedMap programs = room.Map(MapType.ProgArray, 4, 4, 4);
        Put(programs, 1, room.Program(EngineRoom.Spec(ProgramType.Xdp, Load(Size.DW, R0, R10, -8), Add64(R0, 42), Exit())));

        Assert.Equal(42UL, room.Run(ProgramType.Xdp, new RunRequest(), [.. TailCall(1), Mov64(R0, 1), Exit()]).ReturnValue);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(-1)]
    public void Where_there_is_no_program_execution_goes_on(int index)
    {
        using var room = new EngineRoom();
        room.Map(MapType.ProgArray, 4, 4, 4);

        Assert.Equal(-2L + 100, (long)room.Run(ProgramType.Xdp, new RunRequest(), [.. TailCall(index), Add64(R0, 100), Exit()]).ReturnValue);
    }

    [Fact]
    public void There_are_33_tail_calls_and_no_more()
    {
        using var room = new EngineRoom();
        EmbeddedMap programs = room.Map(MapType.ProgArray, 4, 4, 1);
        room.Map(MapType.Array, 4, 8, 1);
        Instruction[] code = [.. LoadMapValue(R4, 1, 0), Load(Size.DW, R5, R4, 0), Add64(R5, 1), Store(Size.DW, R4, 0, R5), .. TailCall(0), .. LoadMapValue(R4, 1, 0), Load(Size.DW, R0, R4, 0), Exit()];
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Xdp, code));
        Put(programs, 0, program);

        Assert.Equal(34UL, program.Run(new RunRequest()).ReturnValue);
    }

    [Fact]
    public void A_tail_call_out_of_a_function_returns_to_the_functions_caller()
    {
        using var room = new EngineRoom();
        EmbeddedMap programs = room.Map(MapType.ProgArray, 4, 4, 4);
        Put(programs, 2, room.Program(EngineRoom.Spec(ProgramType.Xdp, Mov64(R6, 0), Mov64(R0, 40), Exit())));

        Assert.Equal(42UL, room.Run(ProgramType.Xdp, new RunRequest(), [Mov64(R6, 2), CallLocal(2), Add64(R0, R6), Exit(), .. TailCall(2), Mov64(R0, 1), Exit()]).ReturnValue);
    }

    [Fact]
    public void A_fault_after_a_tail_call_counts_the_instructions_of_the_program_that_was_called()
    {
        using var room = new EngineRoom();
        EmbeddedMap programs = room.Map(MapType.ProgArray, 4, 4, 4);
        Put(programs, 0, room.Program(EngineRoom.Spec(ProgramType.Xdp, Mov64(R1, 0), Load(Size.B, R0, R1, 0), Exit())));

        Assert.Equal(1, room.Run(ProgramType.Xdp, new RunRequest(), [.. TailCall(0), Exit()]).Fault!.Instruction);
    }

    [Fact]
    public void A_program_lives_on_in_the_array_after_its_owner_has_disposed_it()
    {
        using var room = new EngineRoom();
        EmbeddedMap programs = room.Map(MapType.ProgArray, 4, 4, 4);
        EmbeddedProgram called = room.Program(EngineRoom.Spec(ProgramType.Xdp, Mov64(R0, 42), Exit()));
        Put(programs, 0, called);
        called.Dispose();

        Assert.Equal(42UL, room.Run(ProgramType.Xdp, new RunRequest(), [.. TailCall(0), Exit()]).ReturnValue);
        Assert.Throws<ObjectDisposedException>(() => called.Run(new RunRequest()));
    }

    [Fact]
    public void Programs_of_different_types_do_not_share_an_array()
    {
        using var room = new EngineRoom();
        EmbeddedMap programs = room.Map(MapType.ProgArray, 4, 4, 4);
        room.Program(EngineRoom.Spec(ProgramType.Xdp, [.. TailCall(0), Exit()]));

        Assert.Equal(-22, ((IReferenceMap)programs).HostSet(new byte[4], room.Program(EngineRoom.Spec(ProgramType.SchedCls, Mov64(R0, 0), Exit()))));
        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => room.Program(EngineRoom.Spec(ProgramType.SchedCls, [.. TailCall(0), Exit()]))).Errno);
    }
}
