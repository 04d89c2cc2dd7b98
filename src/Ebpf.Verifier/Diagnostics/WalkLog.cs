using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>The log of a walk: all of it where asked, the last steps of the path otherwise.</summary>
internal sealed class WalkLog
{
    private const int Tail = 64;

    private readonly ProgramSpec _program;
    private readonly Instruction[] _code;
    private readonly Disassembler _text;
    private readonly StringBuilder? _all;
    private int _previousLine = -1;

    internal WalkLog(ProgramSpec program, ProgramShape shape, bool verbose)
    {
        _program = program;
        _code = shape.Code;
        _text = new Disassembler(program.Dialect);
        _all = verbose ? new StringBuilder() : null;
    }

    /// <summary>The path that the walk is on.</summary>
    internal PathRecord Path { get; } = new();

    internal void Step(int slot, MachineState state)
    {
        Path.Add(slot);
        if (_all is null)
            return;
        AppendSource(_all, slot, ref _previousLine);
        AppendInstruction(_all, slot);
        AppendState(_all.Append(" ; "), state);
        _all.Append('\n');
    }

    internal void Pruned(int slot) => _all?.Append($"{slot}: safe\n");

    /// <summary>The walk takes up another way from a branch.</summary>
    /// <param name="from">The branch.</param>
    /// <param name="slot">Where it goes on; negative where that way cannot be gone.</param>
    /// <param name="state">The state with which it goes on.</param>
    internal void Resumed(int from, int slot, MachineState state)
    {
        if (_all is null || slot < 0)
            return;
        AppendState(_all.Append($"\nfrom {from} to {slot}:"), state);
        _all.Append('\n');
    }

    /// <summary>The log as it is handed out on refusal.</summary>
    internal string Refused(Rejection rejection)
    {
        StringBuilder log = _all ?? new StringBuilder();
        if (_all is null)
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

        log.Append(rejection.Reason).Append("\n\n");
        DiagnosisText.Write(log, rejection);
        return log.ToString();
    }

    /// <summary>The log of an accepted program.</summary>
    internal string Accepted(int processed, int states) =>
        _all is null ? "" : _all.Append($"processed {processed} insns, {states} states\n").ToString();

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

    private static void AppendState(StringBuilder log, MachineState state)
    {
        FrameState frame = state.Frame;
        for (int i = 0; i < FrameState.Registers; i++)
        {
            if (frame.Registry[i].Kind != RegisterKind.Uninitialised)
                log.Append(" R").Append(i).Append('=').Append(Short(frame.Registry[i]));
        }

        for (int i = 0; i < frame.UsedSlots; i++)
        {
            if (frame.Stack[i].IsInvalid)
                continue;
            log.Append(" fp-").Append(8 * (i + 1)).Append('=');
            if (frame.Stack[i].HasSpill)
            {
                log.Append(Short(frame.Stack[i].Spill));
                continue;
            }

            for (int b = 7; b >= 0; b--)
                log.Append("?m0s"[(int)frame.Stack[i][b]]);
        }
    }

    private static string Short(in RegisterState value)
    {
        if (value.Kind == RegisterKind.Scalar)
            return value.Value.IsUnknown ? "scalar()" : value.Value.IsConstant ? ((long)value.Value.Value).ToString() : $"scalar({value.Value})";
        string name = value.Kind switch
        {
            RegisterKind.Context => "ctx",
            RegisterKind.Stack => "fp",
            RegisterKind.Map => "map_ptr",
            RegisterKind.MapValue => "map_value",
            RegisterKind.MapKey => "map_key",
            RegisterKind.Packet => "pkt",
            RegisterKind.PacketMeta => "pkt_meta",
            RegisterKind.PacketEnd => "pkt_end",
            RegisterKind.Memory => "mem",
            RegisterKind.FlowKeys => "flow_keys",
            RegisterKind.Socket => "sock",
            RegisterKind.SocketCommon => "sock_common",
            RegisterKind.TcpSocket => "tcp_sock",
            RegisterKind.XdpSocket => "xdp_sock",
            RegisterKind.BtfObject => "ptr_",
            _ => "func",
        };
        StringBuilder text = new(name);
        if (value.MaybeNull)
            text.Append("_or_null");
        text.Append('(');
        if (value.Id != 0)
            text.Append("id=").Append(value.Id).Append(',');
        if (value.IsPacketPointer)
            text.Append("r=").Append(value.Size).Append(',');
        text.Append("off=").Append(value.Offset);
        if (value.Value is not { IsConstant: true, Value: 0 })
            text.Append(',').Append(value.Value.ToString());
        return text.Append(')').ToString();
    }
}
