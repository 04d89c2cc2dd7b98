namespace Ebpf.Runtime.Helpers;

/// <summary>Messages of a stream: what is in them, and how much of them a verdict is for.</summary>
/// <remarks>net/core/filter.c, bpf_msg_*. The message of a run is in one piece.</remarks>
internal static unsafe class MessageHelpers
{
    /// <summary>bpf_msg_apply_bytes(ctx, bytes) and bpf_msg_cork_bytes: nothing follows the message here.</summary>
    internal static ulong Bytes(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 0;

    /// <summary>bpf_msg_pull_data(ctx, start, end, flags): all data is there already.</summary>
    internal static ulong Pull(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        uint start = (uint)r2, end = (uint)r3;
        return r4 != 0 || end <= start || end > (uint)run.PacketLength ? Run.Result(Errno.EINVAL) : 0;
    }

    /// <summary>bpf_msg_push_data(ctx, start, length, flags): zeros between what is there.</summary>
    internal static ulong Push(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const uint LargestPiece = 1 << 20;

        if (!run.IsContext(r1))
            return 0;
        uint start = (uint)r2, length = (uint)r3;
        if (r4 != 0 || start > (uint)run.PacketLength)
            return Run.Result(Errno.EINVAL);
        if (length == 0)
            return 0;
        if (length > LargestPiece)
            return Run.Result(Errno.ENOMEM);
        run.GrowPacket(0, (int)length);
        var tail = new Span<byte>(run.PacketData + start, run.PacketLength - (int)start + (int)length);
        tail[..^(int)length].CopyTo(tail[(int)length..]);
        tail[..(int)length].Clear();
        run.PacketEnd += length;
        run.PublishPacket();
        return 0;
    }

    /// <summary>bpf_msg_pop_data(ctx, start, length, flags): takes bytes out.</summary>
    internal static ulong Pop(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1))
            return 0;
        ulong start = (uint)r2, length = (uint)r3;
        if (r4 != 0 || start + length > (ulong)run.PacketLength)
            return Run.Result(Errno.EINVAL);
        var rest = new ReadOnlySpan<byte>(run.PacketData + start + length, run.PacketLength - (int)(start + length));
        rest.CopyTo(new Span<byte>(run.PacketData + start, rest.Length));
        run.PacketEnd -= length;
        run.PublishPacket();
        return 0;
    }
}
