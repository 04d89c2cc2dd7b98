using System.Buffers;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Perf event buffers.</summary>
internal static unsafe class PerfHelpers
{
    /// <remarks>BPF_F_CTXLEN_MASK in include/uapi/linux/bpf.h.</remarks>
    private const ulong PacketLengthMask = 0xfffffUL << 32;

    /// <summary>bpf_perf_event_output(ctx, map, flags, data, size); packet programs may have the beginning of the packet appended.</summary>
    internal static ulong Output(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1) || !run.TryMap(r2, out EmbeddedMap map) || !run.CanRead(r4, r5))
            return 0;
        if (map is not PerfEventArrayMap events)
        {
            run.Stop($"map '{map.Spec.Name}' is no perf event array");
            return 0;
        }

        ulong appended = run.PacketData != null ? (r3 & PacketLengthMask) >> 32 : 0;
        if (appended == 0)
            return Run.Result(events.Output((byte*)r4, r5, r3, run.Cpu));
        if (appended > (ulong)run.PacketLength)
            return Run.Result(Errno.EFAULT);

        ArrayBufferWriter<byte> record = run.Text;
        record.ResetWrittenCount();
        record.Write(new ReadOnlySpan<byte>((void*)r4, checked((int)r5)));
        record.Write(new ReadOnlySpan<byte>(run.PacketData, (int)appended));
        fixed (byte* bytes = record.WrittenSpan)
            return Run.Result(events.Output(bytes, (ulong)record.WrittenCount, r3 & ~PacketLengthMask, run.Cpu));
    }
}
