using Ebpf.Runtime.Contexts;
using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime;

/// <content>The context and the packet.</content>
internal sealed unsafe partial class Run
{
    private NativeBlock? _contextBlock;
    private NativeBlock? _packetBlock;

    /// <summary>The bytes of the request, of which each repetition gets a copy.</summary>
    internal ReadOnlyMemory<byte> ContextInput, DataInput;

    /// <summary>Bytes at the start of the data that are metadata.</summary>
    internal int MetaLength;

    /// <summary>The context, as the layout of the program says.</summary>
    internal byte* Context { get; private set; }

    /// <summary>Bytes of the context that the program sees.</summary>
    internal int ContextSize { get; private set; }

    /// <summary>The first byte of headroom.</summary>
    internal byte* PacketStart { get; private set; }

    /// <summary>One past the last byte of tailroom.</summary>
    internal byte* PacketLimit { get; private set; }

    /// <summary>Metadata, data and end of the packet.</summary>
    internal byte* PacketMeta, PacketData, PacketEnd;

    /// <summary>Where the Ethernet and the network header begin; only for packets that the program sees as socket buffers.</summary>
    internal byte* MacHeader, NetworkHeader;

    /// <summary>The packet as the program left it.</summary>
    internal ReadOnlySpan<byte> PacketBytes => new(PacketData, PacketLength);

    /// <summary>Bytes from data to end.</summary>
    internal int PacketLength => (int)(PacketEnd - PacketData);

    /// <summary>Makes room for a context of so many native bytes.</summary>
    internal void ReserveContext(int size, int visibleSize)
    {
        if (_contextBlock is null || _contextBlock.Size < (ulong)size)
        {
            _contextBlock?.Dispose();
            _contextBlock = null;
            _contextBlock = Engine.Heap.Allocate((ulong)size, 64, "the context of a run");
        }

        Context = _contextBlock.Address;
        ContextSize = visibleSize;
    }

    /// <summary>Makes room for a packet.</summary>
    internal void ReservePacket(int headroom, int length, int tailroom)
    {
        ulong size = (ulong)headroom + (ulong)length + (ulong)tailroom;
        if (_packetBlock is null || _packetBlock.Size < size)
        {
            _packetBlock?.Dispose();
            _packetBlock = null;
            _packetBlock = Engine.Heap.Allocate(size, 64, "the packet of a run");
        }

        PacketStart = _packetBlock.Address;
        PacketLimit = PacketStart + size;
    }

    /// <summary>Makes it a run without a packet.</summary>
    internal void ClearPacket() => PacketMeta = PacketData = PacketEnd = MacHeader = NetworkHeader = null;

    /// <summary>Sees to it that there is so much room before and behind the packet; what it holds and where its headers are stays.</summary>
    internal void GrowPacket(int headroom, int tailroom)
    {
        if (PacketMeta - PacketStart >= headroom && PacketLimit - PacketEnd >= tailroom)
            return;

        NativeBlock old = _packetBlock!;
        int length = (int)(PacketEnd - PacketMeta);
        NativeBlock grown = Engine.Heap.Allocate((ulong)headroom + (ulong)length + (ulong)tailroom, 64, "the packet of a run");
        byte* meta = grown.Address + headroom;
        Buffer.MemoryCopy(PacketMeta, meta, length, length);
        long moved = meta - PacketMeta;
        PacketStart = grown.Address;
        PacketLimit = grown.Address + grown.Size;
        PacketMeta += moved;
        PacketData += moved;
        PacketEnd += moved;
        MacHeader += moved;
        NetworkHeader += moved;
        _packetBlock = grown;
        old.Dispose();
    }

    /// <summary>Writes the packet's addresses into the context, after a helper or at the start.</summary>
    internal void PublishPacket()
    {
        ContextMap map = Program.ContextMap;
        if (map.DataOffset >= 0)
            *(byte**)(Context + map.DataOffset) = PacketData;
        if (map.EndOffset >= 0)
            *(byte**)(Context + map.EndOffset) = PacketEnd;
        if (map.MetaOffset >= 0)
            *(byte**)(Context + map.MetaOffset) = PacketMeta;
    }

    /// <summary>A legacy packet load into R0, big-endian. False where it lies outside the packet, which ends the function.</summary>
    /// <remarks>bpf_internal_load_pointer_neg_helper in kernel/bpf/core.c: negative offsets count from a header.</remarks>
    internal bool LoadPacket(Operation* operation)
    {
        const int NetworkOffset = -0x100000, LinkOffset = -0x200000;

        ulong* r = Registers;
        if (!IsContext(r[6]))
            return false;
        int offset = (int)operation->Immediate;
        if (operation->Source != byte.MaxValue)
            offset += (int)r[operation->Source];

        byte* address = offset >= 0 ? PacketData + offset
            : offset >= NetworkOffset ? NetworkHeader + (offset - NetworkOffset)
            : offset >= LinkOffset ? MacHeader + (offset - LinkOffset)
            : null;
        int size = operation->Offset;
        if (address == null || PacketData == null || address < PacketStart || address > PacketEnd - size)
            return false;

        ulong value = 0;
        for (int i = 0; i < size; i++)
            value = (value << 8) | address[i];
        r[0] = value;
        return true;
    }
}
