using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Compiler;
using Ebpf.Runtime.Compiler.X64;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Tests.Soundness;
using Iced.Intel;
using BpfInstruction = Ebpf.Bytecode.Isa.Instruction;
using Instruction = Iced.Intel.Instruction;
using Register = Ebpf.Bytecode.Isa.Register;
using Size = Ebpf.Bytecode.Isa.Size;
using ProgramGenerator = Ebpf.Runtime.Tests.Soundness.ProgramGenerator;

namespace Ebpf.Runtime.Tests.Compiler;

/// <summary>What the x86-64 compiler emits for random programs, for either convention, read by a disassembler that is not ours.</summary>
public sealed unsafe class EmittedCodeTests
{
    public static TheoryData<bool, bool, bool> Machines =>
    [
        (true, true, false), (true, false, false), (true, true, true), (false, true, false), (false, false, true),
    ];

    [Theory]
    [MemberData(nameof(Machines))]
    public void All_code_is_instructions_and_every_jump_goes_to_one(bool isSystemV, bool hasBmi2, bool checks)
    {
        Assert.SkipUnless(BitConverter.IsLittleEndian, "programs are decoded for a little-endian machine");
        var compiler = new ProgramCompiler(new Emitter(isSystemV ? Convention.SystemV : Convention.Windows, hasBmi2));
        using var room = new EngineRoom();
        for (int i = 0; i < 3; i++)
            room.Map(i == 2 ? MapType.RingBuf : MapType.Array, i == 2 ? 0u : 4, i == 2 ? 0u : 64, i == 2 ? 4096u : 4);
        for (int seed = 1; seed < 200; seed++)
        {
            BpfInstruction[] code = ProgramGenerator.Make(seed);
            EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Xdp, code), checks, new ProgramOptions { Engine = ExecutionEngine.Interpreter });
            var unit = new CompilationUnit(program.Spec, program.Entry, null, program.Maps, checks, countsInstructions: checks);
            int[] offsets = new int[unit.FunctionStarts.Count];
            byte[] emitted = compiler.Emit(unit, offsets).ToArray();

            List<Instruction> instructions = X64AssemblerTests.Decode(emitted);
            HashSet<ulong> starts = [.. instructions.Select(static instruction => instruction.IP)];
            Assert.All(offsets, offset => Assert.Contains((ulong)offset, starts));
            foreach (Instruction instruction in instructions)
            {
                if (instruction.IsJccShortOrNear || instruction.IsJmpShortOrNear || instruction.IsCallNear)
                    Assert.Contains(instruction.NearBranchTarget, starts);
            }
        }
    }

    [Fact]
    public void Hot_loops_have_no_wasted_instruction()
    {
        // Sums words of memory: load with a folded address, add, count, compare and jump.
        BpfInstruction[] code =
        [
            Asm.Mov64(Register.R0, 0), Asm.Mov64(Register.R3, 0),
            Asm.Mov64(Register.R4, Register.R3), Asm.Alu64(Opcodes.Lsh, Register.R4, 2), Asm.Mov64(Register.R5, Register.R1), Asm.Add64(Register.R5, Register.R4),
            Asm.Load(Size.W, Register.R5, Register.R5, 0), Asm.Add64(Register.R0, Register.R5), Asm.Add64(Register.R3, 1),
            Asm.JumpIf(Opcodes.Jne, Register.R3, 16, -8), Asm.Exit(),
        ];
        using var room = new EngineRoom();
        EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Unspec, code), checks: false, new ProgramOptions { Engine = ExecutionEngine.Interpreter });
        var unit = new CompilationUnit(program.Spec, program.Entry, null, [], checks: false, countsInstructions: false);
        int[] offsets = new int[1];
        byte[] emitted = new ProgramCompiler(new Emitter(Convention.SystemV, hasBmi2: true)).Emit(unit, offsets).ToArray();

        List<Instruction> instructions = X64AssemblerTests.Decode(emitted);
        Instruction jump = instructions.Single(i => i.IsJccShort && i.NearBranchTarget < i.IP && i.NearBranchTarget > (ulong)offsets[0]);
        string[] loop = [.. instructions.Where(i => i.IP >= jump.NearBranchTarget && i.IP <= jump.IP).Select(static i => i.ToString())];
        Assert.Equal(["mov r8d,[rdi+rdx*4]", "add rax,r8", "add rdx,1", "cmp rdx,10h"], loop[..^1]);
    }
}
