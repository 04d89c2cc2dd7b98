using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Netlink;

/// <summary>Walks the attributes of a netlink message. What does not fit the message ends the walk.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const int HeaderSize = 4;

    // Without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    private const ushort TypeMask = 0x3fff;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The type of the attribute that <see cref="MoveNext"/> found.</summary>
    public ushort Type { get; private set; }

    /// <summary>Its bytes.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public bool MoveNext()
    {
        if (_rest.Length < HeaderSize)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeaderSize || length > _rest.Length)
        {
            return false;
        }

        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        Value = _rest[HeaderSize..length];
        _rest = _rest[Math.Min(NetlinkRequest.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>The bytes of the first attribute of a type; empty where there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, ushort type)
    {
        var walk = new NetlinkAttributes(attributes);
        while (walk.MoveNext())
        {
            if (walk.Type == type)
            {
                return walk.Value;
            }
        }

        return default;
    }

    /// <summary>An attribute's number; 0 where it has none.</summary>
    public static uint UInt32(ReadOnlySpan<byte> value) => value.Length >= sizeof(uint) ? MemoryMarshal.Read<uint>(value) : 0;

    /// <summary>An attribute's text, up to its terminating zero.</summary>
    public static string Text(ReadOnlySpan<byte> value)
    {
        int end = value.IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(end < 0 ? value : value[..end]);
    }
}
