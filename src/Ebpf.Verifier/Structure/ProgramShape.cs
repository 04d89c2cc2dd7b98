using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Verifier.Structure;

/// <summary>A function's slots and what the shape of the program says about it.</summary>
/// <param name="Start">Its first slot.</param>
/// <param name="End">One past its last slot.</param>
/// <param name="Name">Its symbol, or a name made from its slot.</param>
/// <param name="TypeId">BTF id of its FUNC, 0 where unknown.</param>
/// <param name="IsGlobal">Whether it is verified on its own. eBPF for Windows verifies every function where it is called.</param>
internal readonly record struct FunctionRange(int Start, int End, string Name, uint TypeId, bool IsGlobal);

/// <summary>A program cut into functions, each instruction well formed, every jump inside its function.</summary>
internal sealed class ProgramShape
{
    private readonly int[] _functionAt;

    private ProgramShape(Instruction[] code, FunctionRange[] functions, int[] functionAt)
    {
        Code = code;
        Functions = functions;
        _functionAt = functionAt;
    }

    /// <summary>The slots.</summary>
    internal Instruction[] Code { get; }

    /// <summary>The functions, ascending by start.</summary>
    internal FunctionRange[] Functions { get; }

    /// <summary>The most slots that a program may have (BPF_COMPLEXITY_LIMIT_INSNS for root).</summary>
    internal const int MaxSlots = 1_000_000;

    /// <summary>The index of the function that a slot is in.</summary>
    internal int FunctionAt(int slot) => _functionAt[slot];

    /// <summary>The index of the function that starts at a slot; -1 where none does.</summary>
    internal int FunctionStartingAt(int slot)
    {
        if ((uint)slot >= (uint)Code.Length)
            return -1;
        int function = _functionAt[slot];
        return Functions[function].Start == slot ? function : -1;
    }

    /// <summary>The slot that a jump goes to when it is taken.</summary>
    internal static int JumpTarget(in Instruction instruction, int slot) =>
        slot + 1 + (instruction.Opcode == Opcodes.JumpLong ? instruction.Immediate : instruction.Offset);

    /// <summary>Cuts the program into functions and checks the form of every instruction.</summary>
    /// <exception cref="Refusal">The program is malformed.</exception>
    internal static ProgramShape Of(ProgramSpec program, int mapCount)
    {
        Instruction[] code = [.. program.Instructions];
        if (code.Length == 0)
            throw new Refusal(Rule.InvalidControlFlow, 0, "the program has no instructions");
        if (code.Length > MaxSlots)
            throw new Refusal(Rule.TooComplex, 0, $"the program has {code.Length} instructions; at most {MaxSlots} are allowed");

        FunctionRange[] functions = Cut(program, code);
        int[] functionAt = new int[code.Length];
        for (int i = 0; i < functions.Length; i++)
            functionAt.AsSpan(functions[i].Start, functions[i].End - functions[i].Start).Fill(i);
        ProgramShape shape = new(code, functions, functionAt);
        InstructionForm.Check(shape, program, mapCount);
        return shape;
    }

    private static FunctionRange[] Cut(ProgramSpec program, Instruction[] code)
    {
        SortedDictionary<int, FunctionSpec?> starts = new() { [0] = null };
        foreach (FunctionSpec function in program.Functions)
        {
            if ((uint)function.Start >= (uint)code.Length)
                throw new Refusal(Rule.InvalidControlFlow, 0, $"function {function.Name} starts at slot {function.Start}, beyond the program's {code.Length} slots");
            starts[function.Start] = function;
        }

        // A call may enter at a slot that no symbol names; it begins a function like any other.
        for (int slot = 0; slot < code.Length; slot++)
        {
            Instruction instruction = code[slot];
            bool refers = instruction.IsLocalCall || (instruction.IsWide && instruction.Source == (Register)PseudoLoad.Function);
            if (refers)
            {
                long target = (long)slot + 1 + instruction.Immediate;
                if (target < 0 || target >= code.Length)
                    throw new Refusal(Rule.InvalidControlFlow, slot, $"the function called is at slot {target}, outside the program");
                starts.TryAdd((int)target, null);
            }

            if (instruction.IsWide)
                slot++;
        }

        FunctionRange[] functions = new FunctionRange[starts.Count];
        int index = 0;
        int[] order = [.. starts.Keys, code.Length];
        foreach ((int start, FunctionSpec? spec) in starts)
        {
            string name = spec is { Name.Length: > 0 } named ? named.Name : start == 0 ? program.Name : $"function_{start}";
            functions[index] = new FunctionRange(start, order[index + 1], name, spec?.TypeId ?? 0, start != 0 && spec is { IsGlobal: true } && program.Dialect == Dialect.Linux);
            index++;
        }

        return functions;
    }
}
