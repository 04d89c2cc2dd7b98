using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>What a walk saw at each instruction, for reports: how often it came there, and with which states at first.</summary>
internal sealed class WalkTrace
{
    /// <summary>States kept for an instruction; the rest are counted.</summary>
    private const int StatesKept = 4;

    private readonly StateText _states;
    private readonly StringBuilder _text = new();

    internal WalkTrace(ProgramSpec program, ProgramShape shape, StateText states)
    {
        _states = states;
        Program = program;
        Shape = shape;
        Visits = new int[shape.Code.Length];
        States = new List<string>?[shape.Code.Length];
        var disassembler = new Disassembler(program.Dialect) { Program = program.Type, FunctionName = slot => shape.FunctionStartingAt(slot) is >= 0 and var index ? shape.Functions[index].Name : null };
        Texts = new string?[shape.Code.Length];
        for (int slot = 0; slot < shape.Code.Length; slot += shape.Code[slot].IsWide ? 2 : 1)
            Texts[slot] = disassembler.Text(shape.Code, slot);
    }

    internal ProgramSpec Program { get; }

    internal ProgramShape Shape { get; }

    /// <summary>How often the walk came to each slot.</summary>
    internal int[] Visits { get; }

    /// <summary>The first different states at each slot, as the log writes them; null where the walk never came.</summary>
    internal List<string>?[] States { get; }

    /// <summary>The instructions; null for second halves.</summary>
    internal string?[] Texts { get; }

    /// <summary>The slots of the path that was refused, its end where it is long; empty where the program is accepted.</summary>
    internal int[] FailingPath { get; private set; } = [];

    internal void Step(int slot, MachineState state)
    {
        Visits[slot]++;
        List<string> kept = States[slot] ??= [];
        if (kept.Count >= StatesKept)
            return;
        _text.Clear();
        _states.Append(_text, state, known: null);
        string text = _text.ToString().TrimStart();
        if (!kept.Contains(text))
            kept.Add(text);
    }

    internal void Restart()
    {
        Array.Clear(Visits);
        Array.Clear(States);
    }

    internal void Refuse(PathRecord path)
    {
        FailingPath = new int[path.Count - path.First];
        for (int i = 0; i < FailingPath.Length; i++)
            FailingPath[i] = path[path.First + i];
    }
}
