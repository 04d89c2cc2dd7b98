namespace Ebpf.Runtime;

/// <summary>The tunnel that a program wants its packet to go through.</summary>
internal sealed class TunnelMetadata
{
    private readonly byte[] _key = new byte[44];
    private readonly byte[] _options = new byte[256];
    private int _optionLength;

    /// <summary>Whether there is one.</summary>
    internal bool IsSet { get; private set; }

    /// <summary>Whether its addresses are of IPv6.</summary>
    internal bool IsVersion6 { get; private set; }

    /// <summary>The flags of its header, TUNNEL_*.</summary>
    internal ushort Flags { get; private set; }

    /// <summary>struct bpf_tunnel_key.</summary>
    internal ReadOnlySpan<byte> Key => _key;

    /// <summary>The options, as bytes.</summary>
    internal ReadOnlySpan<byte> Options => _options.AsSpan(0, _optionLength);

    /// <summary>Sets the key; options that were set before are gone.</summary>
    internal void Set(ReadOnlySpan<byte> key, bool isVersion6, ushort flags)
    {
        Clear();
        key.CopyTo(_key);
        IsSet = true;
        IsVersion6 = isVersion6;
        Flags = flags;
    }

    /// <summary>Sets the options.</summary>
    internal void SetOptions(ReadOnlySpan<byte> options)
    {
        options.CopyTo(_options);
        _optionLength = options.Length;
    }

    /// <summary>Back to none.</summary>
    internal void Clear()
    {
        if (!IsSet)
            return;
        Array.Clear(_key);
        _optionLength = 0;
        IsSet = false;
    }
}
