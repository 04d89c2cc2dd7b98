using System.Diagnostics;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime.Maps;

namespace Ebpf.Native;

/// <summary>A <c>struct user_ring_buffer</c>: this process produces, programs consume.</summary>
/// <remarks>ringbuf.c of libbpf; since Linux 6.1.</remarks>
internal sealed unsafe class NativeUserRing
{
    private readonly Epoll _epoll = new();
    private readonly nuint _producerLength;
    private readonly ulong _mask;
    private ulong* _consumer;
    private byte* _producer;

    /// <exception cref="BpfException">The map is none of that type, or cannot be mapped.</exception>
    public NativeUserRing(int map)
    {
        MapInfoRecord info = default;
        uint length = (uint)sizeof(MapInfoRecord);
        int error = Libbpf.bpf_obj_get_info_by_fd(map, (byte*)&info, &length);
        if (error == 0 && (MapType)info.Type != MapType.UserRingBuf)
        {
            Print.Warn($"user ringbuf: map fd={map} is not BPF_MAP_TYPE_USER_RINGBUF\n");
            error = Answer.Error(Errno.EINVAL);
        }

        _mask = info.MaxEntries - 1;
        _producerLength = (nuint)Os.PageSize + 2 * (nuint)info.MaxEntries;
        error = error != 0 ? error : Map(map);
        error = error != 0 ? error : _epoll.Watch(map, 0, (uint)LibC.PollOut);
        if (error != 0)
        {
            Release();
            throw new BpfException($"user ringbuf: map fd={map}", (Errno)(-error));
        }

        Handle = Handles.New(this);
    }

    public nint Handle { get; }

    private byte* Data => _producer + Os.PageSize;

    /// <summary>Room for a record; null, and why.</summary>
    public byte* Reserve(uint size, out Errno errno)
    {
        ulong length = ((ulong)size + RingBufferRecords.HeaderSize + 7) & ~7UL;
        ulong consumer = Volatile.Read(ref *_consumer);
        ulong position = Volatile.Read(ref *(ulong*)_producer);
        errno = (size & (RingBufferRecords.Busy | RingBufferRecords.Discarded)) != 0 || length > _mask + 1 ? Errno.E2BIG
            : _mask + 1 - (position - consumer) < length ? Errno.ENOSPC
            : Errno.None;
        if (errno != Errno.None)
        {
            return null;
        }

        byte* header = Data + (position & _mask);
        *(uint*)header = size | RingBufferRecords.Busy;
        *(uint*)(header + sizeof(uint)) = 0;
        Volatile.Write(ref *(ulong*)_producer, position + length);
        return Data + ((position + RingBufferRecords.HeaderSize) & _mask);
    }

    /// <summary>Room for a record, waited for; a negative time is forever.</summary>
    public byte* Reserve(uint size, int milliseconds, out Errno errno)
    {
        long start = Stopwatch.GetTimestamp();
        int left = milliseconds;
        do
        {
            byte* record = Reserve(size, out errno);
            if (errno != Errno.ENOSPC)
            {
                return record;
            }

            uint ready = 0;
            int count = _epoll.Wait(new Span<uint>(ref ready), left);
            if (count < 0)
            {
                errno = (Errno)(-count);
                return null;
            }

            left = milliseconds < 0 ? -1 : milliseconds - (int)Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        while (left is > 0 or -1);

        return Reserve(size, out errno);
    }

    /// <summary>Gives a record to the programs, or away.</summary>
    public void Commit(byte* record, bool isDiscarded)
    {
        byte* header = Data + ((_mask + 1 + (ulong)(record - Data) - RingBufferRecords.HeaderSize) & _mask);
        uint length = *(uint*)header & ~RingBufferRecords.Busy;
        Interlocked.Exchange(ref *(uint*)header, length | (isDiscarded ? RingBufferRecords.Discarded : 0));
    }

    public void Free()
    {
        Release();
        Handles.Free(Handle);
    }

    private int Map(int map)
    {
        void* consumer = LibC.Map(null, (nuint)Os.PageSize, Os.ProtectionRead, Os.MapShared, map, 0);
        if ((nint)consumer == -1)
        {
            return -(int)LibC.LastError;
        }

        _consumer = (ulong*)consumer;
        void* producer = LibC.Map(null, _producerLength, Os.ProtectionReadWrite, Os.MapShared, map, Os.PageSize);
        if ((nint)producer == -1)
        {
            return -(int)LibC.LastError;
        }

        _producer = (byte*)producer;
        return 0;
    }

    private void Release()
    {
        if (_consumer != null)
        {
            _ = LibC.Unmap(_consumer, (nuint)Os.PageSize);
        }

        if (_producer != null)
        {
            _ = LibC.Unmap(_producer, _producerLength);
        }

        _epoll.Dispose();
    }
}
