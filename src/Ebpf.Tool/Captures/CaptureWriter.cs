using System.Buffers.Binary;

namespace Ebpf.Tool.Captures;

/// <summary>Writes packets as a pcap file with nanoseconds.</summary>
internal sealed class CaptureWriter : IDisposable
{
    private const uint Nanoseconds = 0xa1b23c4d;
    private const int Ethernet = 1, SnapshotLength = 262_144;

    private readonly BufferedStream _stream;

    public CaptureWriter(string file)
    {
        _stream = new BufferedStream(File.Create(file), 1 << 16);
        Span<byte> header = stackalloc byte[24];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, Nanoseconds);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], SnapshotLength);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], Ethernet);
        _stream.Write(header);
    }

    public void Write(ReadOnlySpan<byte> packet, ulong nanoseconds)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)(nanoseconds / 1_000_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(nanoseconds % 1_000_000_000));
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], packet.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], packet.Length);
        _stream.Write(header);
        _stream.Write(packet);
    }

    public void Dispose() => _stream.Dispose();
}
