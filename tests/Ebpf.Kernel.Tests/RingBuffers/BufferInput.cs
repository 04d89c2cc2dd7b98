using System.Buffers.Binary;

namespace Ebpf.Kernel.Tests.RingBuffers;

/// <summary>Input for the programs of buffers.o, and what their records must hold.</summary>
internal static class BufferInput
{
    /// <summary>Bytes of a record's number.</summary>
    public const int NumberSize = sizeof(ulong);

    /// <summary>A packet whose third word says how many bytes follow the number in the record.</summary>
    public static RunOptions Of(int bytes)
    {
        byte[] packet = new byte[64];
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(8), bytes);
        return new RunOptions { Data = packet };
    }

    /// <summary>The number of a record, whose further bytes must all be its lowest byte.</summary>
    public static ulong Number(ReadOnlySpan<byte> record, int length)
    {
        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(record);
        Assert.False(record[NumberSize..length].ContainsAnyExcept((byte)number), $"record {number} is torn");
        return number;
    }
}
