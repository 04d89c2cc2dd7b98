using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Compiler;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Compiler;

/// <summary>What only machine code does in its own way.</summary>
public sealed class NativeRunTests
{
    [Fact]
    public void Programs_are_compiled_unless_the_interpreter_is_asked_for()
    {
        using var room = new EngineRoom();
        ProgramSpec spec = EngineRoom.Spec(ProgramType.Unspec, Mov64(R0, 7), Exit());

        EmbeddedProgram compiled = room.Program(spec, checks: false, new ProgramOptions()), interpreted = room.Program(spec, checks: false, new ProgramOptions { Engine = ExecutionEngine.Interpreter });

        Assert.Equal(ProgramCompiler.IsSupported, compiled.Native is not null);
        Assert.Null(interpreted.Native);
        Assert.Equal(7UL, compiled.Run(new RunRequest()).ReturnValue);
        Assert.Equal(7UL, interpreted.Run(new RunRequest()).ReturnValue);
    }

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(1, 1UL)]
    [InlineData(10, 10UL)]
    [InlineData(100, 21UL)]
    [InlineData(8 * 1024 * 1024 + 1, unchecked((ulong)-7L))]
    public void A_loop_over_a_known_callback_gives_the_same_in_every_engine(int rounds, ulong expected)
    {
        // The callback adds its index to what its context points to, and ends the loop at 20.
        Instruction[] code =
        [
            StoreImmediate(Size.DW, R10, -8, 0), Mov64(R1, rounds), .. LoadFunction(R2, 6), Mov64(R3, R10), Add64(R3, -8), Mov64(R4, 0),
            Call(HelperId.Loop), Exit(),
            Load(Size.DW, R3, R2, 0), Add64(R3, R1), Store(Size.DW, R2, 0, R3), Mov64(R0, 0), JumpIf(Opcodes.Jlt, R1, 20, 1), Mov64(R0, 1), Exit(),
        ];

        foreach (RunOutcome outcome in RunVerified(code))
            Assert.Equal(expected, outcome.ReturnValue);
    }

    [Fact]
    public void An_element_of_an_array_is_found_in_place()
    {
        Instruction[] code =
        [
            StoreImmediate(Size.W, R10, -4, 2), .. LoadMap(R1, 0), Mov64(R2, R10), Add64(R2, -4), Call(HelperId.MapLookupElem),
            JumpIf(Opcodes.Jne, R0, 0, 2), Mov64(R0, 99), Exit(), StoreImmediate(Size.DW, R0, 0, 5), Load(Size.DW, R0, R0, 0), Exit(),
        ];
        var map = new MapSpec { Name = "array", Type = MapType.Array, KeySize = 4, ValueSize = 24, MaxEntries = 3 };

        Assert.All(RunVerified(code, map), static outcome => Assert.Equal(5UL, outcome.ReturnValue));
        code[0] = StoreImmediate(Size.W, R10, -4, 3);
        Assert.All(RunVerified(code, map), static outcome => Assert.Equal(99UL, outcome.ReturnValue));
    }

    [Fact]
    public void A_loop_without_an_end_is_stopped_by_the_budget()
    {
        using var room = new EngineRoom();
        foreach (ExecutionEngine engine in EngineRoom.Engines)
        {
            if (engine == ExecutionEngine.Interpreter)
                continue;
            EmbeddedProgram program = room.Program(EngineRoom.Spec(ProgramType.Unspec, Mov64(R0, 0), Add64(R0, 1), Jump(-2)), checks: false, new ProgramOptions { Engine = engine, InstructionBudget = 10_000 });

            Assert.Equal("the instruction budget is used up", program.Run(new RunRequest()).Fault?.Reason);
        }
    }

    [Fact]
    public void Machine_code_counts_as_memory_of_the_engine_and_goes_with_the_program()
    {
        Assert.SkipUnless(ProgramCompiler.IsSupported, "there is no compiler for this machine");
        using var room = new EngineRoom();
        long before = room.Heap.LiveBytes;
        using (EmbeddedProgram program = room.Engine.CreateProgram(EngineRoom.Spec(ProgramType.Unspec, Mov64(R0, 0), Exit()), null, [], new ProgramOptions { TrustsUnverified = true }))
        {
            Assert.InRange(program.Native!.Size, 1, program.Native.MemoryBytes);
            Assert.Equal(before + program.MemoryBytes, room.Heap.LiveBytes);
        }

        Assert.Equal(before, room.Heap.LiveBytes);
    }

    [Fact]
    public void Memory_that_the_heap_does_not_have_is_an_error_not_the_interpreter()
    {
        Assert.SkipUnless(ProgramCompiler.IsSupported, "there is no compiler for this machine");
        using var room = new EngineRoom();
        room.Heap.FailAt = room.Heap.Allocations + 2;

        BpfException e = Assert.Throws<BpfException>(() => room.Program(EngineRoom.Spec(ProgramType.Unspec, Mov64(R0, 0), Exit())));

        Assert.Equal(Errno.ENOMEM, e.Errno);
    }

    [Fact]
    public void A_probe_of_memory_that_is_not_the_runs_fails_in_every_engine()
    {
        Instruction[] code = [Mov64(R1, R10), Add64(R1, -8), Mov64(R2, 8), Mov64(R3, 32), Call(HelperId.ProbeReadKernel), Exit()];

        Assert.All(RunVerified(code), static outcome => Assert.Equal(Run.Result(Errno.EFAULT), outcome.ReturnValue));
    }

    private static List<RunOutcome> RunVerified(Instruction[] code, params MapSpec[] maps)
    {
        using var room = new EngineRoom();
        ProgramSpec spec = EngineRoom.Spec(ProgramType.Xdp, code);
        VerificationResult result = ProgramVerifier.Verify(spec, maps, VerifierOptions.Default);
        Assert.True(result.IsAccepted, result.Log);
        EmbeddedMap[] created = [.. maps.Select(room.Map)];
        List<RunOutcome> outcomes = [];
        foreach (ExecutionEngine engine in EngineRoom.Engines)
        {
            foreach (bool checks in (bool[])[false, true])
            {
                using EmbeddedProgram program = room.Engine.CreateProgram(spec, result.Facts, created, new ProgramOptions { Engine = engine, Checks = checks });
                outcomes.Add(program.Run(new RunRequest()));
                Assert.Null(outcomes[^1].Fault);
            }
        }

        return outcomes;
    }
}
