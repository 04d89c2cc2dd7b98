using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>PERF_EVENT_ARRAY: records for the host, in a buffer for each CPU that the host has opened one for.</summary>
/// <remarks>bpf_perf_event_output in kernel/trace/bpf_trace.c. A buffer here is a ring buffer; what finds no room is counted, as perf counts lost records.</remarks>
internal sealed unsafe class PerfEventArrayMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots)
{
    /// <summary>BPF_F_INDEX_MASK, and as an index BPF_F_CURRENT_CPU.</summary>
    public const ulong CurrentCpu = 0xFFFFFFFF;

    private readonly uint _maxEntries = spec.MaxEntries;
    private readonly Lock _writers = new();
    private readonly Dictionary<uint, PerfBuffer> _buffers = [];

    public override long MemoryBytes
    {
        get
        {
            lock (_writers)
                return base.MemoryBytes + _buffers.Values.Sum(buffer => buffer.Ring.MemoryBytes);
        }
    }

    /// <summary>How many CPUs its programs run on.</summary>
    public int Processors => Slots.Count;

    /// <summary>Opens a buffer for a CPU, in place of the one that it may have; its bytes are a power of two and at least a page.</summary>
    /// <exception cref="BpfException">E2BIG: there is no such index; EINVAL, ENOMEM: as for a ring buffer.</exception>
    public PerfBuffer Open(uint cpu, uint bytes)
    {
        using HostHold hold = new(this);
        if (cpu >= _maxEntries)
            throw new BpfException($"map '{Spec.Name}' has {_maxEntries} entries: there is none for CPU {cpu}", Errno.E2BIG);
        MapSpec spec = new() { Name = Spec.Name, Type = MapType.RingBuf, KeySize = 0, ValueSize = 0, MaxEntries = bytes };
        PerfBuffer buffer = new((RingBufferMap)Create(spec, Heap, Slots));
        Put(cpu, buffer);
        return buffer;
    }

    /// <summary>bpf_perf_event_output, without what it does to contexts: <paramref name="flags"/> has the index, <paramref name="cpu"/> is the run's.</summary>
    public int Output(byte* data, ulong size, ulong flags, int cpu)
    {
        if ((flags & ~CurrentCpu) != 0)
            return -(int)Errno.EINVAL;
        uint index = flags == CurrentCpu ? (uint)cpu : (uint)flags;
        if (index >= _maxEntries)
            return -(int)Errno.E2BIG;
        PerfBuffer? buffer;
        lock (_writers)
            buffer = _buffers.GetValueOrDefault(index);
        if (buffer is null)
            return -(int)Errno.ENOENT;
        if (index != (uint)cpu)
            return -(int)Errno.EOPNOTSUPP;
        if (buffer.Ring.Output(data, size, 0) == 0)
            return 0;
        buffer.CountLost();
        return -(int)Errno.ENOSPC;
    }

    // A descriptor means something to the platform only, which calls Open instead.
    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        if (flags != 0)
            return -(int)Errno.EINVAL;
        return Unsafe.ReadUnaligned<uint>(key) < _maxEntries ? -(int)Errno.EBADF : -(int)Errno.E2BIG;
    }

    private protected override int DeleteElement(byte* key)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        if (index >= _maxEntries)
            return -(int)Errno.E2BIG;
        return Put(index, null) ? 0 : -(int)Errno.ENOENT;
    }

    private protected override int NextKey(byte* key, byte* next) => ArrayMap.NextIndex(key, next, _maxEntries);

    private protected override void ReleaseContents()
    {
        foreach (uint index in _buffers.Keys.ToArray())
            Put(index, null);
    }

    private bool Put(uint index, PerfBuffer? buffer)
    {
        PerfBuffer? old;
        lock (_writers)
        {
            _buffers.Remove(index, out old);
            if (buffer is not null)
                _buffers[index] = buffer;
        }

        // A run may have it in its hands: its memory goes when the run has left.
        old?.Ring.Dispose();
        return old is not null;
    }
}

/// <summary>The records of one CPU.</summary>
internal sealed class PerfBuffer(RingBufferMap ring)
{
    private long _lost;

    /// <summary>Where the records are read.</summary>
    public RingBufferMap Ring { get; } = ring;

    /// <summary>How many records found no room.</summary>
    public long Lost => Volatile.Read(ref _lost);

    internal void CountLost() => Interlocked.Increment(ref _lost);
}
