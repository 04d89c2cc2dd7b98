using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Checks;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>
/// The log of a walk, in the kernel's form so that who reads kernel logs, person or tool, can read it: all of it where asked, the last steps of the path
/// otherwise. With each instruction stands what it changed.
/// </summary>
internal sealed class WalkLog
{
    private const int Tail = 64;

    // print_bpf_insn's column for the state behind an instruction.
    private const int StateColumn = 40;

    private readonly ProgramSpec _program;
    private readonly Instruction[] _code;
    private readonly Disassembler _text;
    private readonly StateText _states = new();
    private readonly VerifierOptions _options;
    private readonly StringBuilder? _all;
    private readonly FrameState? _before;
    private int _previousLine = -1;
    private int _lineStart;
    private int _depth;
    private bool _isLineOpen, _isStateKnown;

    internal WalkLog(ProgramSpec program, ProgramShape shape, VerifierOptions options)
    {
        _program = program;
        _code = shape.Code;
        _options = options;
        _text = new Disassembler(program.Dialect) { Program = program.Type };
        Trace = options.Traces ? new WalkTrace(program, shape, _states) : null;
        if (!options.Verbose)
            return;
        _all = new StringBuilder();
        _before = new FrameState();
    }

    /// <summary>The path that the walk is on.</summary>
    internal PathRecord Path { get; } = new();

    /// <summary>What the walk saw at each instruction, where it is asked for.</summary>
    internal WalkTrace? Trace { get; }

    /// <summary>The maps that states name.</summary>
    internal MapTable? Maps
    {
        set => _states.Maps = value;
    }

    internal void Step(int slot, MachineState state)
    {
        Path.Add(slot);
        if (_all is not null)
            LogStep(_all, slot, state);
        Trace?.Step(slot, state);
    }

    internal void Pruned(int slot, MachineState state)
    {
        if (_all is null)
            return;
        CloseLine(_all, state);
        _all.Append(slot).Append(": safe\n");
        _isStateKnown = false;
    }

    /// <summary>The walk takes up another way from a branch.</summary>
    /// <param name="from">The branch.</param>
    /// <param name="slot">Where it goes on; negative where that way cannot be gone.</param>
    /// <param name="state">The state with which it goes on.</param>
    internal void Resumed(int from, int slot, MachineState state)
    {
        if (_all is null)
            return;
        CloseLine(_all, null);
        if (slot >= 0)
            OpenState(_all, $"\nfrom {from} to {slot}:", state);
    }

    /// <summary>Everything is walked once more: what was logged no longer counts.</summary>
    internal void Restart()
    {
        _all?.Clear();
        _isLineOpen = _isStateKnown = false;
        _previousLine = -1;
        Trace?.Restart();
    }

    /// <summary>The log as it is handed out on refusal.</summary>
    internal string Refused(Rejection rejection, int processed, int states, int peak)
    {
        Trace?.Refuse(Path);
        StringBuilder log = _all ?? new StringBuilder();
        if (_all is not null)
            CloseLine(_all, null);
        else
            AppendTail(log);
        log.Append(rejection.Reason).Append('\n');
        if (_all is not null)
            AppendFigures(log, processed, states, peak);
        DiagnosisText.Write(log.Append('\n'), rejection);
        return log.ToString();
    }

    /// <summary>The log of an accepted program.</summary>
    internal string Accepted(int processed, int states, int peak)
    {
        if (_all is null)
            return "";
        CloseLine(_all, null);
        AppendFigures(_all, processed, states, peak);
        return _all.ToString();
    }

    private void AppendFigures(StringBuilder log, int processed, int states, int peak) =>
        log.Append($"processed {processed} insns (limit {_options.InstructionLimit}) max_states_per_insn 0 total_states {states} peak_states {peak} mark_read 0\n");

    private void AppendTail(StringBuilder log)
    {
        int line = -1;
        int first = Math.Max(Path.First, Path.Count - Tail);
        if (first > 0)
            log.Append("...\n");
        for (int step = first; step < Path.Count; step++)
        {
            AppendSource(log, Path[step], ref line);
            AppendInstruction(log, Path[step]);
            log.Append('\n');
        }
    }

    private void LogStep(StringBuilder log, int slot, MachineState state)
    {
        bool entersFrame = _isStateKnown && state.Depth != _depth;
        CloseLine(log, state);
        if (!_isStateKnown || entersFrame)
            OpenState(log, $"{slot}:", state);
        AppendSource(log, slot, ref _previousLine);
        _lineStart = log.Length;
        AppendInstruction(log, slot);
        _isLineOpen = true;
        StateText.Copy(state.Frame, _before!);
        _depth = state.Depth;
        _isStateKnown = true;
    }

    /// <summary>Ends an instruction's line with what it changed, where the path goes on in the same frame.</summary>
    private void CloseLine(StringBuilder log, MachineState? state)
    {
        if (!_isLineOpen)
            return;
        _isLineOpen = false;
        if (state is not null && state.Depth == _depth)
        {
            int end = log.Length;
            _states.Append(log, state, _before);
            if (log.Length > end)
                log.Insert(end, new string(' ', Math.Max(1, StateColumn - (end - _lineStart))) + ";");
        }

        log.Append('\n');
    }

    private void OpenState(StringBuilder log, string where, MachineState state)
    {
        log.Append(where);
        if (state.Depth > 0)
            log.Append(" frame").Append(state.Depth).Append(':');
        _states.Append(log, state, known: null);
        log.Append('\n');
        StateText.Copy(state.Frame, _before!);
        _depth = state.Depth;
        _isStateKnown = true;
    }

    private void AppendSource(StringBuilder log, int slot, ref int previous)
    {
        int index = SourceLines.IndexAt(_program.Lines, slot);
        if (index < 0 || index == previous)
            return;
        previous = index;
        if (_program.Lines[index].Text.Length > 0)
            log.Append("; ").Append(_program.Lines[index].Text.Trim()).Append(" @ ").Append(_program.Lines[index].FileName).Append(':').Append(_program.Lines[index].Line).Append('\n');
    }

    private void AppendInstruction(StringBuilder log, int slot) =>
        log.Append(slot).Append(": (").Append(_code[slot].Opcode.ToString("x2")).Append(") ").Append(_text.Text(_code, slot));
}
