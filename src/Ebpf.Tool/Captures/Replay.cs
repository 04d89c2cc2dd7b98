using System.Diagnostics;
using Ebpf.Platforms;

namespace Ebpf.Tool.Captures;

/// <summary>Runs a packet program over a capture and counts what it says.</summary>
internal sealed class Replay(BpfProgram program, RunOptions options, string input, string? output)
{
    private const int ProgressInterval = 1024;

    private readonly SortedDictionary<uint, (long Packets, long Bytes)> _verdicts = [];
    private long _ticks;

    /// <summary>Packets that the program saw.</summary>
    public long Packets { get; private set; }

    /// <summary>Packets of the capture that it could not be given, being shorter than an Ethernet header.</summary>
    public long Skipped { get; private set; }

    /// <summary>How often it gave each result, and to how many bytes.</summary>
    public IReadOnlyDictionary<uint, (long Packets, long Bytes)> VerdictCounts => _verdicts;

    /// <summary>Nanoseconds in the program and around it, without reading and writing files.</summary>
    public double Nanoseconds => _ticks * (1e9 / Stopwatch.Frequency);

    /// <summary>Runs the program over the capture, as often as the options say; <paramref name="progress"/> is told how far it is, from 0 to 1.</summary>
    public void Run(Action<double>? progress)
    {
        using CaptureWriter? writer = output is null ? null : new CaptureWriter(output);
        using IPacketSession session = program.BeginPackets(options);
        for (int round = 0; round < options.Repeat; round++)
        {
            using var reader = new CaptureReader(input);
            while (reader.TryRead(out CapturedPacket packet))
            {
                Step(session, packet, writer);
                if ((Packets + Skipped) % ProgressInterval == 0)
                    progress?.Invoke((round + reader.Progress) / options.Repeat);
            }
        }
    }

    private void Step(IPacketSession session, in CapturedPacket packet, CaptureWriter? writer)
    {
        const int EthernetHeader = 14;

        if (packet.Bytes.Length < EthernetHeader)
        {
            Skipped++;
            return;
        }

        long start = Stopwatch.GetTimestamp();
        uint result = (uint)session.Run(packet.Bytes);
        _ticks += Stopwatch.GetTimestamp() - start;
        Packets++;
        (long packets, long bytes) = _verdicts.GetValueOrDefault(result);
        _verdicts[result] = (packets + 1, bytes + packet.Bytes.Length);
        if (writer is not null && PacketVerdicts.GoesOn(program.Type, result))
            writer.Write(session.Data, packet.Nanoseconds);
    }
}
