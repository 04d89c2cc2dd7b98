using System.Numerics;
using System.Runtime.CompilerServices;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>
/// Reads what programs put out with bpf_perf_event_output: a buffer for each CPU, in the slots of a PERF_EVENT_ARRAY. Records of one CPU are in
/// order, those of different CPUs are not. For one reader at a time.
/// </summary>
/// <remarks>
/// On Linux since 4.4, where it takes CAP_PERFMON; there records are padded: up to 7 bytes follow what the program put out. What finds no room is lost
/// and counted. Prefer ring buffers (<see cref="RingBufferReader"/>) since Linux 5.8: one buffer, in order, no padding.
/// </remarks>
public sealed class PerfBufferReader : IDisposable
{
    /// <summary>Room for records of each CPU where nothing else is said: 64 KiB.</summary>
    public const int DefaultBytesPerCpu = 64 << 10;

    private readonly IPerfBuffers _buffers;
    private readonly IRingConsumer[] _rings;

    /// <summary>Opens the buffers: from now on records of programs come here, and no longer where they went before.</summary>
    /// <param name="map">A map of type PERF_EVENT_ARRAY.</param>
    /// <param name="bytesPerCpu">Room for records of each CPU: a power of two and at least a page.</param>
    /// <exception cref="BpfException">The platform or the kernel refuses.</exception>
    public PerfBufferReader(BpfMap map, int bytesPerCpu = DefaultBytesPerCpu)
    {
        if (bytesPerCpu < Environment.SystemPageSize || !BitOperations.IsPow2(bytesPerCpu))
        {
            throw new ArgumentOutOfRangeException(nameof(bytesPerCpu), bytesPerCpu, $"a power of two of at least {Environment.SystemPageSize}");
        }

        Map = map;
        _buffers = map.Handle.OpenPerfBuffers(bytesPerCpu) ?? throw new ArgumentException($"map '{map.Name}' is of type {map.Type.Text()}, not a perf_event_array", nameof(map));
        _rings = [.. _buffers.Rings.Select(static r => r.Ring)];
    }

    /// <summary>The map that it reads.</summary>
    public BpfMap Map { get; }

    /// <summary>The CPUs whose records it reads.</summary>
    public IReadOnlyList<int> Cpus => [.. _buffers.Rings.Select(static r => r.Cpu)];

    /// <summary>Records that found no room since the buffers were opened, as far as they were reported: Linux says it with the first record that finds room again.</summary>
    public ulong Lost
    {
        get
        {
            ulong lost = 0;
            foreach (IRingConsumer ring in _rings)
            {
                lost += ring.Lost ?? 0;
            }

            return lost;
        }
    }

    /// <summary>A batch of one CPU's records, read in the buffer's own memory. Disposing it gives the room of all that were enumerated back to the programs.</summary>
    /// <param name="cpu">One of <see cref="Cpus"/>.</param>
    /// <exception cref="InvalidOperationException">Another batch of that CPU is not disposed yet.</exception>
    public PerfBufferBatch Lease(int cpu)
    {
        foreach ((int each, IRingConsumer ring) in _buffers.Rings)
        {
            if (each == cpu)
            {
                return new PerfBufferBatch(ring, $"the buffer of CPU {cpu}");
            }
        }

        throw new ArgumentOutOfRangeException(nameof(cpu), cpu, $"no buffer of that CPU; there are those of {string.Join(", ", Cpus)}");
    }

    /// <summary>Waits until a CPU has records; false after the time is over.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled first.</exception>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default) => BufferWaiter.WaitForAny(_rings, timeout, cancellation) >= 0;

    /// <summary>A copy of the next record; null where there is none.</summary>
    public PerfRecord? TryRead()
    {
        foreach ((int cpu, _) in _buffers.Rings)
        {
            using PerfBufferBatch batch = Lease(cpu);
            if (batch.MoveNext())
            {
                return new PerfRecord(cpu, batch.Current.ToArray());
            }
        }

        return null;
    }

    /// <summary>Copies of all records as they come, until cancelled.</summary>
    public async IAsyncEnumerable<PerfRecord> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var waiter = new BufferWaiter(_rings);
        while (true)
        {
            waiter.Arm();
            while (TryRead() is { } record)
            {
                yield return record;
                cancellation.ThrowIfCancellationRequested();
            }

            await waiter.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the buffers: what programs put out from now on finds nobody.</summary>
    public void Dispose() => _buffers.Dispose();
}

/// <summary>A record that a program put out, and the CPU on which it did so.</summary>
/// <param name="Cpu">The CPU.</param>
/// <param name="Data">The record's bytes.</param>
public readonly record struct PerfRecord(int Cpu, byte[] Data);

/// <summary>Records of one CPU in the buffer's own memory: <c>foreach</c> over it, which disposes it at its end.</summary>
public ref struct PerfBufferBatch
{
    private IRingConsumer? _ring;
    private ulong _position;
    private ReadOnlySpan<byte> _current;

    internal PerfBufferBatch(IRingConsumer ring, string what)
    {
        if (!ring.TryBeginRead(out _position))
        {
            throw new InvalidOperationException($"{what} is being read: dispose the other batch first");
        }

        _ring = ring;
    }

    /// <summary>The record, valid until the batch is disposed.</summary>
    public readonly ReadOnlySpan<byte> Current => _current;

    /// <summary>The batch itself, for foreach: the one that is used from then on.</summary>
    public PerfBufferBatch GetEnumerator()
    {
        PerfBufferBatch batch = this;
        _ring = null;
        return batch;
    }

    /// <summary>Goes to the next record.</summary>
    public bool MoveNext() => _ring is not null && _ring.TryPeek(ref _position, out _current);

    /// <summary>Gives the space of what was enumerated back.</summary>
    public void Dispose()
    {
        _ring?.EndRead(_position);
        _ring = null;
        _current = default;
    }
}
