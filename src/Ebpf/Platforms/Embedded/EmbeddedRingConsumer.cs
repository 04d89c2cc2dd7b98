using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Embedded;

/// <summary>The consuming side of a ring buffer of the engine.</summary>
internal sealed class EmbeddedRingConsumer(RingBufferMap ring, PerfBuffer? perf = null) : IRingConsumer
{
    public event Action? Woken
    {
        add => ring.Woken += value;
        remove => ring.Woken -= value;
    }

    public ulong? Lost => perf is null ? ring.Lost : (ulong)perf.Lost;

    public ulong AvailableBytes => ring.AvailableBytes;

    public bool TryBeginRead(out ulong position) => ring.TryBeginRead(out position);

    public bool TryPeek(scoped ref ulong position, out ReadOnlySpan<byte> record) => ring.TryPeek(ref position, out record);

    public void EndRead(ulong position) => ring.EndRead(position);

    public bool Wait(TimeSpan timeout, CancellationToken cancellation) => ring.Wait(timeout, cancellation);
}

/// <summary>A ring buffer of the engine for each of its CPUs, in the slots of a PERF_EVENT_ARRAY.</summary>
internal sealed class EmbeddedPerfBuffers : IPerfBuffers
{
    private readonly PerfEventArrayMap _map;
    private readonly List<(int Cpu, IRingConsumer Ring)> _rings = [];

    public EmbeddedPerfBuffers(PerfEventArrayMap map, int bytes)
    {
        _map = map;
        int cpus = (int)Math.Min(map.Spec.MaxEntries, (uint)map.Processors);
        try
        {
            for (int cpu = 0; cpu < cpus; cpu++)
            {
                PerfBuffer buffer = map.Open((uint)cpu, (uint)bytes);
                _rings.Add((cpu, new EmbeddedRingConsumer(buffer.Ring, buffer)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyList<(int Cpu, IRingConsumer Ring)> Rings => _rings;

    public void Dispose()
    {
        foreach ((int cpu, _) in _rings)
        {
            _map.HostDelete(BpfMap.Key((uint)cpu));
        }

        _rings.Clear();
    }
}
