using System.Buffers.Binary;

namespace Ebpf.Tool.Captures;

/// <summary>Reads the packets of a capture, one after the other, into one buffer: pcap and pcapng, of either byte order.</summary>
/// <remarks>draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.</remarks>
internal sealed class CaptureReader : IDisposable
{
    private const int LargestPacket = 256 * 1024;
    private const int Ethernet = 1;

    private const uint Microseconds = 0xa1b2c3d4, Nanoseconds = 0xa1b23c4d, SectionHeader = 0x0a0d0d0a, ByteOrderMagic = 0x1a2b3c4d;
    private const uint InterfaceBlock = 1, SimplePacket = 3, EnhancedPacket = 6;

    private readonly BufferedStream _stream;
    private readonly string _file;
    private readonly List<(int LinkType, ulong UnitsPerSecond)> _interfaces = [];
    private byte[] _buffer = new byte[4096];
    private bool _isBigEndian;
    private bool _isNextGeneration;

    public CaptureReader(string file)
    {
        _file = file;
        _stream = new BufferedStream(File.OpenRead(file), 1 << 16);
        try
        {
            ReadHeader();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Where the reader is in the file, from 0 to 1.</summary>
    public double Progress => _stream.Length == 0 ? 1 : (double)_stream.Position / _stream.Length;

    /// <summary>Reads the next packet; false at the end. It is valid until the next is read.</summary>
    /// <exception cref="BpfException">The file is damaged, or its packets have no Ethernet header.</exception>
    public bool TryRead(out CapturedPacket packet)
    {
        if (!_isNextGeneration)
            return TryReadClassic(out packet);
        while (TryReadBlock(out uint type, out ReadOnlyMemory<byte> body))
        {
            switch (type)
            {
                case SectionHeader:
                    BeginSection(body.Span);
                    break;
                case InterfaceBlock:
                    AddInterface(body.Span);
                    break;
                case EnhancedPacket when body.Length >= 20:
                    packet = Enhanced(body);
                    return true;
                case SimplePacket when body.Length >= 4:
                    CheckInterface(0);
                    int length = Math.Min((int)Math.Min(Word(body.Span), LargestPacket), body.Length - 4);
                    packet = new CapturedPacket(body.Slice(4, length), 0);
                    return true;
            }
        }

        packet = default;
        return false;
    }

    public void Dispose() => _stream.Dispose();

    private void ReadHeader()
    {
        Span<byte> start = stackalloc byte[4];
        if (_stream.ReadAtLeast(start, 4, throwOnEndOfStream: false) < 4)
            throw Damaged("it is no capture: it has fewer than 4 bytes");
        uint little = BinaryPrimitives.ReadUInt32LittleEndian(start), big = BinaryPrimitives.ReadUInt32BigEndian(start);
        if (little == SectionHeader)
        {
            _isNextGeneration = true;
            _stream.Position = 0;
            return;
        }

        _isBigEndian = big is Microseconds or Nanoseconds;
        uint magic = _isBigEndian ? big : little;
        if (magic is not (Microseconds or Nanoseconds))
            throw Damaged("it is neither pcap nor pcapng");
        ReadOnlySpan<byte> rest = Read(20).Span;
        CheckLinkType((int)(Word(rest[16..]) & 0xffff));
        _interfaces.Add((Ethernet, magic == Nanoseconds ? 1_000_000_000UL : 1_000_000UL));
    }

    private bool TryReadClassic(out CapturedPacket packet)
    {
        packet = default;
        if (_stream.Position == _stream.Length)
            return false;
        ReadOnlySpan<byte> header = Read(16).Span;
        uint seconds = Word(header), fraction = Word(header[4..]), length = Word(header[8..]);
        if (length > LargestPacket)
            throw Damaged($"a packet has {length} bytes, more than {LargestPacket}");
        ulong nanoseconds = (seconds * 1_000_000_000UL) + (fraction * (1_000_000_000UL / _interfaces[0].UnitsPerSecond));
        packet = new CapturedPacket(Read((int)length), nanoseconds);
        return true;
    }

    private bool TryReadBlock(out uint type, out ReadOnlyMemory<byte> body)
    {
        type = 0;
        body = default;
        if (_stream.Position == _stream.Length)
            return false;
        ReadOnlySpan<byte> start = Read(8).Span;
        type = Word(start);
        uint raw = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        if (type == SectionHeader || BinaryPrimitives.ReverseEndianness(type) == SectionHeader)
        {
            // Its own byte order comes first in its body.
            type = SectionHeader;
            ReadOnlySpan<byte> magic = Read(4).Span;
            _isBigEndian = BinaryPrimitives.ReadUInt32BigEndian(magic) == ByteOrderMagic;
            if (!_isBigEndian && BinaryPrimitives.ReadUInt32LittleEndian(magic) != ByteOrderMagic)
                throw Damaged("a section has no byte order");
            _stream.Position -= 4;
        }

        uint length = _isBigEndian ? BinaryPrimitives.ReverseEndianness(raw) : raw;
        if (length < 12 || length % 4 != 0 || length > LargestPacket + 1024)
            throw Damaged($"a block has {length} bytes");
        body = Read((int)length - 8)[..^4];
        return true;
    }

    private void BeginSection(ReadOnlySpan<byte> body)
    {
        if (body.Length < 16)
            throw Damaged("a section header is too short");
        _interfaces.Clear();
    }

    private void AddInterface(ReadOnlySpan<byte> body)
    {
        const int ResolutionOption = 9;

        if (body.Length < 8)
            throw Damaged("the description of an interface is too short");
        ulong units = 1_000_000;
        for (ReadOnlySpan<byte> options = body[8..]; options.Length >= 4;)
        {
            int code = Half(options), length = Half(options[2..]), padded = (length + 3) & ~3;
            if (code == 0 || options.Length < 4 + padded)
                break;
            if (code == ResolutionOption && length == 1 && (options[4] & 0x7f) < ((options[4] & 0x80) != 0 ? 64 : 20))
                units = (options[4] & 0x80) != 0 ? 1UL << (options[4] & 0x7f) : (ulong)Math.Pow(10, options[4]);
            options = options[(4 + padded)..];
        }

        _interfaces.Add((Half(body), Math.Max(units, 1)));
    }

    private CapturedPacket Enhanced(ReadOnlyMemory<byte> body)
    {
        ReadOnlySpan<byte> bytes = body.Span;
        uint index = Word(bytes), length = Word(bytes[12..]);
        CheckInterface(index);
        if (length > body.Length - 20)
            throw Damaged($"a packet of {length} bytes is in a block of {body.Length}");
        UInt128 time = ((UInt128)Word(bytes[4..]) << 32) | Word(bytes[8..]);
        return new CapturedPacket(body.Slice(20, (int)length), (ulong)(time * 1_000_000_000 / _interfaces[(int)index].UnitsPerSecond));
    }

    private void CheckInterface(uint index)
    {
        if (index >= _interfaces.Count)
            throw Damaged($"a packet is of interface {index}, which the file does not describe");
        CheckLinkType(_interfaces[(int)index].LinkType);
    }

    private void CheckLinkType(int type)
    {
        if (type != Ethernet)
            throw new BpfException($"{_file}: its packets are of link type {type}; only Ethernet (1) can be given to programs", Errno.EOPNOTSUPP);
    }

    private ReadOnlyMemory<byte> Read(int length)
    {
        if (_buffer.Length < length)
            _buffer = new byte[Math.Max(length, _buffer.Length * 2)];
        if (_stream.ReadAtLeast(_buffer.AsSpan(0, length), length, throwOnEndOfStream: false) < length)
            throw Damaged("it ends in the middle of a packet");
        return _buffer.AsMemory(0, length);
    }

    private uint Word(ReadOnlySpan<byte> bytes) => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private int Half(ReadOnlySpan<byte> bytes) => _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private BpfException Damaged(string what) => new($"{_file}, byte {_stream.Position}: {what}", Errno.EINVAL);
}

/// <summary>A packet of a capture.</summary>
/// <param name="Bytes">Its bytes, with the Ethernet header.</param>
/// <param name="Nanoseconds">When it was captured, in nanoseconds since 1970.</param>
internal readonly record struct CapturedPacket(ReadOnlyMemory<byte> Bytes, ulong Nanoseconds);
