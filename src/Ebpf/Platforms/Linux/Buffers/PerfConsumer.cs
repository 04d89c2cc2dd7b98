using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.PerfEvents;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>One CPU's perf buffer: a page that says where the kernel and we are, and the data behind it.</summary>
/// <remarks>struct perf_event_mmap_page and enum perf_event_type in include/uapi/linux/perf_event.h; perf_event_read_simple in libbpf.c.</remarks>
internal sealed unsafe class PerfConsumer : KernelConsumer
{
    // PERF_RECORD_*.
    private const uint RecordLost = 2;
    private const uint RecordSample = 9;

    private const int HeadOffset = 1024;
    private const int TailOffset = 1032;
    private const int HeaderSize = 8;

    private readonly MemoryMapping _memory;
    private readonly int _size;
    private byte[] _wrapped = [];
    private ulong _lost;

    private PerfConsumer(FileDescriptor descriptor, MemoryMapping memory, int size) : base(descriptor, memory)
    {
        Descriptor = descriptor;
        _memory = memory;
        _size = size;
    }

    /// <summary>The perf event, which the map's slot gets.</summary>
    public FileDescriptor Descriptor { get; }

    public override ulong? Lost => Volatile.Read(ref _lost);

    protected override ref ulong Consumer => ref *(ulong*)(_memory.Start + TailOffset);

    protected override ref ulong Producer => ref *(ulong*)(_memory.Start + HeadOffset);

    private byte* Data => _memory.Start + Environment.SystemPageSize;

    /// <summary>Opens a CPU's buffer with room for so many bytes, a power of two of pages.</summary>
    public static Errno Open(int cpu, int size, out PerfConsumer? consumer)
    {
        consumer = null;
        // PERF_COUNT_SW_BPF_OUTPUT of PERF_TYPE_SOFTWARE, PERF_SAMPLE_RAW.
        var attributes = new PerfEventAttributes { Type = 1, Config = 10, SamplePeriod = 1, SampleType = 1 << 10, WakeUpEvents = 1 };
        Errno errno = PerfEventCalls.Open(ref attributes, -1, cpu, out FileDescriptor? descriptor);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = MemoryMapping.Map(descriptor!.Number, (nuint)(Environment.SystemPageSize + size), 0, isWritable: true, out MemoryMapping? memory);
        if (errno == Errno.None)
        {
            errno = PerfEventCalls.Enable(descriptor.Number);
        }

        if (errno != Errno.None)
        {
            memory?.Dispose();
            descriptor.Dispose();
            return errno;
        }

        consumer = new PerfConsumer(descriptor, memory!, size);
        return Errno.None;
    }

    public override bool TryPeek(scoped ref ulong position, out ReadOnlySpan<byte> record)
    {
        ulong head = Volatile.Read(ref Producer);
        while (position < head)
        {
            // Records are 8-byte aligned, so the header never wraps.
            byte* header = Data + (position & (ulong)(_size - 1));
            uint type = *(uint*)header;
            int size = *(ushort*)(header + 6);
            ReadOnlySpan<byte> body = Body(position + HeaderSize, size - HeaderSize);
            position += (ulong)size;
            if (type == RecordSample)
            {
                record = body.Slice(sizeof(uint), (int)MemoryMarshal.Read<uint>(body));
                return true;
            }

            if (type == RecordLost)
            {
                // An id, then how many.
                Interlocked.Add(ref _lost, MemoryMarshal.Read<ulong>(body[sizeof(ulong)..]));
            }
        }

        record = default;
        return false;
    }

    public override void Dispose()
    {
        _ = PerfEventCalls.Disable(Descriptor.Number);
        base.Dispose();
        Descriptor.Dispose();
    }

    /// <summary>Bytes where they lie, or a copy of those that wrap around the end. A batch is at most as long as the buffer, so it has one of these at most.</summary>
    private ReadOnlySpan<byte> Body(ulong position, int length)
    {
        int offset = (int)(position & (ulong)(_size - 1));
        int first = Math.Min(length, _size - offset);
        if (first == length)
        {
            return new ReadOnlySpan<byte>(Data + offset, length);
        }

        if (_wrapped.Length < length)
        {
            _wrapped = GC.AllocateUninitializedArray<byte>(ushort.MaxValue + 1);
        }

        new ReadOnlySpan<byte>(Data + offset, first).CopyTo(_wrapped);
        new ReadOnlySpan<byte>(Data, length - first).CopyTo(_wrapped.AsSpan(first));
        return _wrapped.AsSpan(0, length);
    }
}
