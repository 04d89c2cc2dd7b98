using System.Globalization;
using System.Text;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Checks;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>States as the kernel's log writes them: <c>R2=pkt(off=14,r=34) R3=scalar(smin=0,smax=umax=255,var_off=(0x0; 0xff)) fp-8=mmmm0000</c>.</summary>
/// <remarks>print_verifier_state, print_reg_state and print_scalar_ranges in the kernel's log.c.</remarks>
internal sealed class StateText
{
    /// <summary>The maps that pointers are named by; null while they are not known.</summary>
    internal MapTable? Maps { get; set; }

    /// <summary>Writes a frame: what its registers and its stack hold, or of that what is different from another state of it.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="state">The state; its innermost frame is written.</param>
    /// <param name="known">What need not be said again; null for nothing.</param>
    internal void Append(StringBuilder text, MachineState state, FrameState? known)
    {
        FrameState frame = state.Frame;
        for (int i = 0; i < FrameState.Registers; i++)
        {
            ref readonly RegisterState register = ref frame.Registry[i];
            if (register.Kind != RegisterKind.Uninitialised && (known is null || !Same(register, known.Registry[i])))
                AppendRegister(text.Append(" R").Append(i).Append('='), register);
        }

        for (int i = 0; i < frame.UsedSlots; i++)
        {
            ref readonly StackSlot slot = ref frame.Stack[i];
            bool isKnown = known is not null && slot.Bytes == known.Stack[i].Bytes && (!slot.HasSpill || Same(slot.Spill, known.Stack[i].Spill));
            if (!slot.IsInvalid && !isKnown)
                AppendSlot(text.Append(" fp-").Append(8 * (i + 1)).Append('='), slot);
        }
    }

    /// <summary>Copies what <see cref="Append"/> writes.</summary>
    internal static void Copy(FrameState from, FrameState to)
    {
        from.Registry.CopyTo(to.Registry, 0);
        from.Stack.CopyTo(to.Stack, 0);
    }

    private static bool Same(in RegisterState left, in RegisterState right) =>
        left.Kind == right.Kind && left.Marks == right.Marks && left.Offset == right.Offset && left.Id == right.Id && left.Size == right.Size && left.Subject == right.Subject && left.Value == right.Value;

    private void AppendSlot(StringBuilder text, in StackSlot slot)
    {
        if (slot.IsFullSpill)
        {
            AppendRegister(text, slot.Spill);
            return;
        }

        // The highest address first, as the kernel does.
        for (int i = 7; i >= 0; i--)
            text.Append("?m0s"[(int)slot[i]]);
        if (slot.HasSpill)
            AppendRegister(text.Append(':'), slot.Spill);
    }

    internal void AppendRegister(StringBuilder text, in RegisterState register)
    {
        if (register.IsScalar)
        {
            AppendScalar(text, register);
            return;
        }

        if (register.Kind == RegisterKind.Stack && register.Value.IsConstant)
        {
            text.Append("fp").Append(register.Offset + (long)register.Value.Value);
            return;
        }

        text.Append(Name(register));
        if (register.MaybeNull)
            text.Append("_or_null");
        List<string> parts = [];
        if (register.Id != 0)
            parts.Add($"id={register.Id}");
        if (register.Reference != 0)
            parts.Add($"ref_obj_id={register.Reference}");
        if (register.Kind is RegisterKind.Map or RegisterKind.MapValue or RegisterKind.MapKey && Maps is { } maps)
        {
            MapSpec map = maps[register.Subject];
            parts.Add($"map={map.Name},ks={map.KeySize},vs={map.ValueSize}");
        }

        long offset = register.Offset + (register.Value.IsConstant ? (long)register.Value.Value : 0);
        if (offset != 0)
            parts.Add($"off={offset}");
        if (register.IsPacketPointer)
            parts.Add($"r={register.Size}");
        if (register.Kind == RegisterKind.Memory)
            parts.Add($"sz={register.Size}");
        if (!register.Value.IsConstant)
            AppendRanges(parts, register.Value);
        text.Append('(').AppendJoin(',', parts).Append(')');
    }

    private static void AppendScalar(StringBuilder text, in RegisterState register)
    {
        if (register.Value.IsConstant)
        {
            text.Append((long)register.Value.Value);
            return;
        }

        List<string> parts = [];
        if (register.Id != 0)
            parts.Add(register.Size != 0 ? $"id={register.Id}{register.Size:+0;-0}" : $"id={register.Id}");
        AppendRanges(parts, register.Value);
        text.Append("scalar(").AppendJoin(',', parts).Append(')');
    }

    /// <summary>Bounds that say something, those that are equal in one: <c>smin=0,smax=umax=255</c>; then the known bits.</summary>
    private static void AppendRanges(List<string> parts, in Scalar value)
    {
        (string Name, long Bound, bool SaysNothing)[] bounds =
        [
            ("smin", value.SMin, value.SMin == long.MinValue),
            ("smax", value.SMax, value.SMax == long.MaxValue),
            ("umin", (long)value.UMin, value.UMin == 0),
            ("umax", (long)value.UMax, value.UMax == ulong.MaxValue),
            ("smin32", value.SMin32, value.SMin32 == int.MinValue),
            ("smax32", value.SMax32, value.SMax32 == int.MaxValue),
            ("umin32", value.UMin32, value.UMin32 == 0),
            ("umax32", value.UMax32, value.UMax32 == uint.MaxValue),
        ];
        for (int i = 0; i < bounds.Length; i++)
        {
            if (bounds[i].SaysNothing)
                continue;
            StringBuilder names = new(bounds[i].Name);
            for (int j = i + 1; j < bounds.Length; j++)
            {
                if (bounds[j].SaysNothing || bounds[j].Bound != bounds[i].Bound)
                    continue;
                names.Append('=').Append(bounds[j].Name);
                bounds[j].SaysNothing = true;
            }

            string number = bounds[i].Name == "umax" ? ((ulong)bounds[i].Bound).ToString(CultureInfo.InvariantCulture) : bounds[i].Bound.ToString(CultureInfo.InvariantCulture);
            parts.Add($"{names}={number}");
        }

        if (value.Bits.Mask != ulong.MaxValue)
            parts.Add($"var_off=(0x{value.Bits.Value:x}; 0x{value.Bits.Mask:x})");
    }

    private static string Name(in RegisterState register) => register.Kind switch
    {
        RegisterKind.Context => "ctx",
        RegisterKind.Stack => "fp",
        RegisterKind.Map => "map_ptr",
        RegisterKind.MapValue => "map_value",
        RegisterKind.MapKey => "map_key",
        RegisterKind.Packet => "pkt",
        RegisterKind.PacketMeta => "pkt_meta",
        RegisterKind.PacketEnd => "pkt_end",
        RegisterKind.Memory when (register.Marks & RegisterMarks.RingBuffer) != 0 => "ringbuf_mem",
        RegisterKind.Memory when (register.Marks & RegisterMarks.ReadOnly) != 0 => "rdonly_mem",
        RegisterKind.Memory => "mem",
        RegisterKind.FlowKeys => "flow_keys",
        RegisterKind.Socket => "sock",
        RegisterKind.SocketCommon => "sock_common",
        RegisterKind.TcpSocket => "tcp_sock",
        RegisterKind.XdpSocket => "xdp_sock",
        RegisterKind.BtfObject => (register.Marks & RegisterMarks.Untrusted) != 0 ? "untrusted_ptr" : "ptr",
        RegisterKind.Function => "func",
        _ => RuleId.KebabCase(register.Kind.ToString()).Replace('-', '_'),
    };
}
