using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;

namespace Ebpf.Verifier.Tests.Programs;

public class PolicyTests
{
    private static readonly VerifierOptions Strict = new() { Policy = VerifierPolicy.Strict };

    public static TheoryData<string> Leaks => ["return", "store", "part", "difference"];

    [Theory]
    [MemberData(nameof(Leaks))]
    public void Pointers_may_leak_for_root_only(string how)
    {
        Instruction[] code = how switch
        {
            "return" => [Mov64(R0, R10), Exit()],
            "store" => [Mov64(R6, R1), .. LoadMapValue(R2, 0, 0), Store(Size.DW, R2, 0, R6), Mov64(R0, 0), Exit()],
            "part" => [Mov32(R0, R10), Exit()],
            _ => [Mov64(R0, R10), Sub64(R0, R1), Exit()],
        };
        var program = Check.Program(ProgramType.SocketFilter, code);
        var maps = new[] { Check.Map(MapType.Array, 4, 8, 1) };

        Assert.True(ProgramVerifier.Verify(program, maps, VerifierOptions.Default).IsAccepted);
        Assert.False(ProgramVerifier.Verify(program, maps, Strict).IsAccepted);
    }

    [Fact]
    public void A_pointer_leaks_also_where_a_number_was_fine_on_an_earlier_path()
    {
        Instruction[] code =
        [
            Mov64(R6, R1),
            Load(Size.W, R7, R6, 0),
            JumpIf(Opcodes.Jeq, R7, 5, 1),
            Jump(1),
            Mov64(R7, R6),
            Load(Size.W, R2, R6, 4),
            JumpIf(Opcodes.Jeq, R2, 1, 1),
            Mov64(R2, 3),
            Mov64(R3, R2),
            Mov64(R4, R2),
            Mov64(R5, R2),
            .. LoadMapValue(R2, 0, 0),
            Store(Size.DW, R2, 0, R7),
            Mov64(R0, 0),
            Exit(),
        ];
        var program = Check.Program(ProgramType.SocketFilter, code);
        var maps = new[] { Check.Map(MapType.Array, 4, 8, 1) };

        Assert.True(ProgramVerifier.Verify(program, maps, VerifierOptions.Default).IsAccepted);
        Assert.Equal(Rule.PointerLeak, ProgramVerifier.Verify(program, maps, Strict).Rejection?.Rule);
    }

    [Fact]
    public void A_program_type_without_a_context_layout_is_named() =>
        Assert.Contains("struct_ops", Check.Refuses(Rule.UnsupportedProgramType, ProgramType.StructOps, [], Mov64(R0, 0), Exit()).Reason);
}
