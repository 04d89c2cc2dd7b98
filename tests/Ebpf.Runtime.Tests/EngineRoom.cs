using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;
using Ebpf.Verifier;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Tests;

/// <summary>An engine with a guarded heap and four slots; disposing it proves that nothing was left behind.</summary>
internal sealed class EngineRoom : IDisposable
{
    private readonly List<EmbeddedMap> _maps = [];
    private readonly List<EmbeddedProgram> _programs = [];

    public EngineRoom() => Engine = new Engine(new EngineOptions { Slots = 4, Heap = Heap });

    public NativeHeap Heap { get; } = new(isGuarded: true);

    public Engine Engine { get; }

    /// <summary>The program of a test: its functions are where it calls to, or takes an address of.</summary>
    public static ProgramSpec Spec(ProgramType type, params ReadOnlySpan<Instruction> code)
    {
        var starts = new SortedSet<int> { 0 };
        for (int slot = 0; slot < code.Length; slot++)
        {
            if (code[slot].IsLocalCall || (code[slot].IsWide && code[slot].Source == (Register)PseudoLoad.Function))
                starts.Add(slot + 1 + code[slot].Immediate);
        }

        return new ProgramSpec
        {
            Name = "tested",
            SectionName = "test",
            Type = type,
            License = "GPL",
            Instructions = [.. code],
            Functions = [.. starts.Select(start => new FunctionSpec(start, $"at_{start}", 0, false))],
        };
    }

    public EmbeddedMap Map(MapType type, uint keySize, uint valueSize, uint maxEntries, MapFlags flags = MapFlags.None) => Map(new MapSpec
    {
        Name = $"map{_maps.Count}",
        Type = type,
        KeySize = keySize,
        ValueSize = valueSize,
        MaxEntries = maxEntries,
        Flags = flags,
    });

    public EmbeddedMap Map(MapSpec spec)
    {
        EmbeddedMap map = Engine.CreateMap(spec);
        _maps.Add(map);
        return map;
    }

    /// <summary>A program over the room's maps so far; tested at each access unless <paramref name="checks"/> is false.</summary>
    public EmbeddedProgram Program(ProgramSpec spec, bool checks = true, ProgramOptions? options = null)
    {
        options ??= new ProgramOptions { InstructionBudget = 100_000_000 };
        EmbeddedProgram program = Engine.CreateProgram(spec, null, [.. _maps], options with { Checks = checks, TrustsUnverified = !checks });
        _programs.Add(program);
        return program;
    }

    /// <summary>Runs a program in checking mode.</summary>
    public RunOutcome Run(ProgramType type, RunRequest request, params ReadOnlySpan<Instruction> code) => Program(Spec(type, code)).Run(request);

    /// <summary>
    /// Runs a program in checking mode without facts and in plain mode with what the verifier would say of it: which loads, through R1 or R6, are of
    /// pointers in the context. Both must agree.
    /// </summary>
    public RunOutcome RunBoth(ProgramType type, RunRequest request, params ReadOnlySpan<Instruction> code)
    {
        ProgramSpec spec = Spec(type, code);
        RunOutcome checking = Program(spec).Run(request);
        EmbeddedProgram verified = Engine.CreateProgram(spec, Facts(spec), [.. _maps]);
        _programs.Add(verified);
        RunOutcome plain = verified.Run(request);
        Assert.False(verified.IsChecking);
        Assert.Null(checking.Fault);
        Assert.Null(plain.Fault);
        Assert.Equal(checking.ReturnValue, plain.ReturnValue);
        Assert.Equal(checking.Data, plain.Data);
        Assert.Equal(checking.Context, plain.Context);
        Assert.Equal(checking.Printk, plain.Printk);
        return plain;
    }

    private static Facts Facts(ProgramSpec spec)
    {
        ContextLayout layout = ContextLayouts.For(spec.Type, spec.AttachType, spec.Dialect)!;
        return new Facts
        {
            Context = layout,
            Functions = [.. spec.Functions.Select(function => new FunctionFact(function.Start, spec.Instructions.Length, 512, false))],
            Instructions = [.. spec.Instructions.Select(instruction => new InstructionFact(InstructionFlags.Reachable, MemoryKinds.None, PointerField(instruction)))],
        };

        short PointerField(Instruction instruction)
        {
            if (instruction.Class != InstructionClass.Ldx || instruction.Source is not (Register.R1 or Register.R6))
                return -1;
            int index = layout.IndexOf(instruction.Offset, 4);
            return index >= 0 && layout.Fields[index].IsPointer ? (short)index : (short)-1;
        }
    }

    /// <summary>What can execute a program on this machine.</summary>
    public static IReadOnlyList<ExecutionEngine> Engines { get; } =
        Ebpf.Runtime.Compiler.ProgramCompiler.IsSupported ? [ExecutionEngine.Interpreter, ExecutionEngine.Compiler] : [ExecutionEngine.Interpreter];

    /// <summary>Runs a program without context in all modes, which must agree, and gives R0.</summary>
    public static ulong Value(params ReadOnlySpan<Instruction> code) => Value(default(ReadOnlyMemory<byte>), code);

    /// <summary>Runs a program on memory (R1, length R2) in all modes, which must agree, and gives R0.</summary>
    public static ulong Value(ReadOnlyMemory<byte> memory, params ReadOnlySpan<Instruction> code)
    {
        using var room = new EngineRoom();
        ProgramSpec spec = Spec(ProgramType.Unspec, code);
        RunOutcome? reference = null;
        foreach (ExecutionEngine engine in Engines)
        {
            foreach (bool checks in (bool[])[true, false])
            {
                RunOutcome outcome = room.Program(spec, checks, new ProgramOptions { InstructionBudget = 100_000_000, Engine = engine }).Run(new RunRequest { Data = memory });
                Assert.Null(outcome.Fault);
                reference ??= outcome;
                Assert.True(
                    reference.ReturnValue == outcome.ReturnValue && reference.Data.AsSpan().SequenceEqual(outcome.Data),
                    $"{engine}, checks: {checks}: {outcome.ReturnValue:x} instead of {reference.ReturnValue:x}, {Convert.ToHexString(outcome.Data)} instead of {Convert.ToHexString(reference.Data)}\n{Listing(code)}");
            }
        }

        return reference!.ReturnValue;
    }

    private static string Listing(ReadOnlySpan<Instruction> code)
    {
        var text = new System.Text.StringBuilder();
        var disassembler = new Disassembler();
        for (int slot = 0; slot < code.Length; slot++)
        {
            text.Append(slot).Append(": ");
            slot += disassembler.Write(text, code, slot) - 1;
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Runs a program without context in the checking mode of every engine, which must stop it with the same fault, and gives that.</summary>
    public static Fault Fault(params ReadOnlySpan<Instruction> code)
    {
        using var room = new EngineRoom();
        Fault? first = null;
        foreach (ExecutionEngine engine in Engines)
        {
            Fault? fault = room.Program(Spec(ProgramType.Unspec, code), options: new ProgramOptions { InstructionBudget = 100_000_000, Engine = engine }).Run(new RunRequest()).Fault;
            Assert.NotNull(fault);
            first ??= fault;
            Assert.Equal(first, fault);
        }

        return first!;
    }

    public void Dispose()
    {
        foreach (EmbeddedProgram program in _programs)
            program.Dispose();
        foreach (EmbeddedMap map in _maps)
            map.Dispose();
        Engine.Dispose();
        Assert.Equal(0, Heap.LiveBytes);
        Assert.Equal(0, Heap.LiveBlocks);
    }
}
