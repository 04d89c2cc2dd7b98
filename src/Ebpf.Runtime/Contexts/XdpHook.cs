using System.Buffers.Binary;
using Ebpf.Runtime.Helpers;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>XDP: a packet with room before and behind it.</summary>
/// <remarks>bpf_prog_test_run_xdp in net/bpf/test_run.c. Packets of any length are in one piece here.</remarks>
internal sealed unsafe class XdpHook : Hook
{
    /// <remarks>XDP_PACKET_HEADROOM in include/uapi/linux/bpf.h.</remarks>
    internal const int Headroom = 256;

    /// <remarks>The room that sizeof(struct skb_shared_info) takes on a 64-bit kernel, in a page of 4096 bytes.</remarks>
    internal const int Tailroom = 320;

    /// <remarks>Of struct xdp_md.</remarks>
    private const int IngressIfIndex = 12, ContextSize = 24, LoopbackIfIndex = 1;

    internal static XdpHook Instance { get; } = new();

    internal override void Prepare(Run run, RunRequest request)
    {
        run.DataInput = Packets.Default(request.Data);
        run.ContextInput = request.Context;
        run.MetaLength = MetaLength(run, request.Context.Span, run.DataInput.Length);
        run.ReserveContext(Math.Max(run.Program.ContextMap.NativeSize, ContextSize), run.Program.ContextMap.Layout?.Size ?? ContextSize);

        // The frame of a packet is a page; longer packets get what they need.
        int page = 4096 - Headroom - Tailroom;
        run.ReservePacket(Headroom, Math.Max(run.DataInput.Length, page), Tailroom);
    }

    internal override void Enter(Run run)
    {
        // Programs can move into the headroom: what the last run left there is not theirs to see.
        new Span<byte>(run.PacketStart, Headroom).Clear();
        ReadOnlySpan<byte> data = run.DataInput.Span;
        run.PacketMeta = run.PacketStart + Headroom;
        run.PacketData = run.PacketMeta + run.MetaLength;
        run.PacketEnd = run.PacketMeta + data.Length;
        run.MacHeader = run.NetworkHeader = run.PacketData;
        data.CopyTo(new Span<byte>(run.PacketMeta, data.Length));

        var context = new Span<byte>(run.Context, Math.Max(run.Program.ContextMap.NativeSize, ContextSize));
        ReadOnlySpan<byte> input = run.ContextInput.Span;
        input.CopyTo(context);
        context[input.Length..].Clear();
        run.Program.ContextMap.ClearPointers(context);
        if (run.Program.Spec.Dialect == Dialect.Linux && BinaryPrimitives.ReadUInt32LittleEndian(context[IngressIfIndex..]) == 0)
            BitConverter.TryWriteBytes(context[IngressIfIndex..], LoopbackIfIndex);
        run.PublishPacket();
        run.Registers[1] = (ulong)run.Context;
    }

    internal override byte[] Data(Run run) => new ReadOnlySpan<byte>(run.PacketMeta, (int)(run.PacketEnd - run.PacketMeta)).ToArray();

    internal override byte[] Context(Run run)
    {
        byte[] context = new ReadOnlySpan<byte>(run.Context, run.ContextSize).ToArray();
        run.ContextInput.Span.CopyTo(context);
        if (run.Program.ContextMap.Layout is not { } layout)
            return context;
        foreach (ContextField field in layout.Fields)
        {
            // Addresses go out as offsets from the metadata, which is where the data that is given back begins.
            int? offset = field.Kind switch
            {
                ContextFieldKind.PacketMeta => 0,
                ContextFieldKind.PacketData => (int)(run.PacketData - run.PacketMeta),
                ContextFieldKind.PacketEnd => (int)(run.PacketEnd - run.PacketMeta),
                _ => null,
            };
            if (offset is { } value)
            {
                Span<byte> bytes = context.AsSpan(field.Offset, field.Size);
                bytes.Clear();
                BitConverter.TryWriteBytes(bytes, value);
            }
        }

        return context;
    }

    private protected override bool Provides(ContextFieldKind kind) =>
        kind is ContextFieldKind.PacketData or ContextFieldKind.PacketEnd or ContextFieldKind.PacketMeta || base.Provides(kind);

    /// <summary>Bytes at the start of the data that are metadata: a given context says so in its data field.</summary>
    private static int MetaLength(Run run, ReadOnlySpan<byte> context, int length)
    {
        if (context.IsEmpty || run.Program.Spec.Dialect != Dialect.Linux)
            return 0;
        if (context.Length > ContextSize)
            throw Invalid($"the context has {context.Length} bytes; struct xdp_md has {ContextSize}");

        Span<byte> bytes = stackalloc byte[ContextSize];
        bytes.Clear();
        context.CopyTo(bytes);
        uint data = BitConverter.ToUInt32(bytes), end = BitConverter.ToUInt32(bytes[4..]), meta = BitConverter.ToUInt32(bytes[8..]), egress = BitConverter.ToUInt32(bytes[20..]);
        if (meta != 0 || end != (uint)length || (long)data > (long)end - Packets.EthernetHeader || !IsMetaLength(data) || data > Headroom - XdpHelpers.FrameDescription || egress != 0)
        {
            throw Invalid(
                $"the context must have data_meta = 0, data_end = {length} (the length of the data), data = the length of metadata (a multiple of 4, at most 216, with an Ethernet header behind it), egress_ifindex = 0");
        }

        return (int)data;
    }

    /// <remarks>xdp_metalen_invalid in include/net/xdp.h.</remarks>
    internal static bool IsMetaLength(ulong length) => (length & 3) == 0 && length <= 252;
}
