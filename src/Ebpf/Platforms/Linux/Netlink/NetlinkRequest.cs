using System.Runtime.InteropServices;
using System.Text;

namespace Ebpf.Platforms.Linux.Netlink;

/// <summary>Builds one netlink message in a buffer of the caller's.</summary>
/// <remarks>include/uapi/linux/netlink.h: 'struct nlmsghdr', then the family's own header, then attributes, each padded to 4 bytes.</remarks>
internal ref struct NetlinkRequest
{
    /// <summary>Enough for any request that is made here.</summary>
    public const int BufferSize = 1024;

    public const int HeaderSize = 16;

    private readonly Span<byte> _buffer;
    private int _length;

    public NetlinkRequest(Span<byte> buffer, ushort type, NetlinkFlags flags)
    {
        _buffer = buffer;
        Type = type;
        Flags = flags;
        _length = HeaderSize;
    }

    public ushort Type { get; }

    public NetlinkFlags Flags { get; }

    /// <summary>Appends a family's own header.</summary>
    public void Add<T>(in T header) where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header));
        bytes.CopyTo(Take(bytes.Length));
    }

    public void AddAttribute(ushort type, scoped ReadOnlySpan<byte> value)
    {
        const int AttributeHeader = 4;
        Span<byte> place = Take(AttributeHeader + value.Length);
        MemoryMarshal.Write(place, (ushort)(AttributeHeader + value.Length));
        MemoryMarshal.Write(place[2..], type);
        value.CopyTo(place[AttributeHeader..]);
    }

    public void AddAttribute(ushort type, uint value) => AddAttribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public void AddAttribute(ushort type, string text)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        bytes[^1] = 0;
        AddAttribute(type, bytes);
    }

    /// <summary>Begins an attribute that holds attributes; <see cref="End"/> takes what this gives.</summary>
    public int Begin(ushort type)
    {
        const ushort Nested = 0x8000;
        int start = _length;
        AddAttribute((ushort)(type | Nested), []);
        return start;
    }

    /// <summary>Ends such an attribute.</summary>
    public readonly void End(int start) => MemoryMarshal.Write(_buffer[start..], (ushort)(_length - start));

    /// <summary>The message, with its header.</summary>
    public readonly ReadOnlySpan<byte> Finish(uint sequence)
    {
        MemoryMarshal.Write(_buffer, _length);
        MemoryMarshal.Write(_buffer[4..], Type);
        MemoryMarshal.Write(_buffer[6..], (ushort)Flags);
        MemoryMarshal.Write(_buffer[8..], sequence);
        MemoryMarshal.Write(_buffer[12..], 0u);
        return _buffer[.._length];
    }

    internal static int Align(int length) => (length + 3) & ~3;

    private Span<byte> Take(int length)
    {
        int end = _length + Align(length);
        if (end > _buffer.Length)
        {
            throw new BpfException($"a netlink request of more than {_buffer.Length} bytes cannot be made", Errno.ENAMETOOLONG);
        }

        Span<byte> place = _buffer[_length..end];
        place.Clear();
        _length = end;
        return place;
    }
}

/// <summary>What to do with a request, and with what is there already.</summary>
/// <remarks>NLM_F_* in include/uapi/linux/netlink.h.</remarks>
[Flags]
internal enum NetlinkFlags : ushort
{
    Request = 0x1,
    Multipart = 0x2,
    Acknowledge = 0x4,
    Echo = 0x8,
    Dump = 0x300,
    Replace = 0x100,
    Exclusive = 0x200,
    Create = 0x400,

    /// <summary>In answers: the acknowledgement holds only the header of the request.</summary>
    Capped = 0x100,

    /// <summary>In answers: attributes follow that say more.</summary>
    Extended = 0x200,
}
