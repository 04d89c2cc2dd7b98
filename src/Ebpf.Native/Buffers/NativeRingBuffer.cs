using Ebpf.Native.Embedded;
using Ebpf.Platforms.Embedded;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>A <c>struct ring_buffer</c>: several ring buffers that are waited for together.</summary>
internal sealed unsafe class NativeRingBuffer
{
    private readonly Epoll _epoll = new();
    private readonly List<NativeRing> _rings = [];

    public NativeRingBuffer() => Handle = Handles.New(this);

    public nint Handle { get; }

    public int EpollFd => _epoll.Fd;

    public IReadOnlyList<NativeRing> Rings => _rings;

    /// <remarks>ring_buffer__add in ringbuf.c.</remarks>
    public int Add(int map, delegate* unmanaged<void*, void*, nuint, int> callback, void* context)
    {
        MapInfoRecord info = default;
        uint length = (uint)sizeof(MapInfoRecord);
        int error = Libbpf.bpf_obj_get_info_by_fd(map, (byte*)&info, &length);
        if (error != 0)
        {
            Print.Warn($"ringbuf: failed to get map info for fd={map}: {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        if ((MapType)info.Type != MapType.RingBuf)
        {
            Print.Warn($"ringbuf: map fd={map} is not BPF_MAP_TYPE_RINGBUF\n");
            return Answer.Error(Errno.EINVAL);
        }

        NativeRing? ring;
        if (Kernel.IsEmbedded)
        {
            ring = new EmbeddedRing(map, DescriptorTable.Find<EmbeddedMapHandle>(map)!, callback, context);
        }
        else
        {
            error = KernelRing.Open(map, info.MaxEntries, callback, context, out ring);
            if (error != 0)
            {
                return error;
            }
        }

        error = _epoll.Watch(ring!.WaitFd, (uint)_rings.Count);
        if (error != 0)
        {
            Print.Warn($"ringbuf: failed to epoll add map fd={map}: {ErrorText.Symbol((Errno)(-error))}\n");
            ring.Dispose();
            return error;
        }

        _rings.Add(ring);
        return 0;
    }

    /// <summary>Waits for records and hands them over.</summary>
    public int Poll(int milliseconds)
    {
        Span<uint> ready = _rings.Count <= 64 ? stackalloc uint[_rings.Count] : new uint[_rings.Count];
        int count = _epoll.Wait(ready, milliseconds);
        if (count < 0)
        {
            return count;
        }

        long total = 0;
        foreach (uint index in ready[..count])
        {
            long consumed = _rings[(int)index].Consume(int.MaxValue);
            if (consumed < 0)
            {
                return (int)consumed;
            }

            total += consumed;
        }

        return (int)Math.Min(total, int.MaxValue);
    }

    /// <summary>Hands over what is there, as many records as wanted.</summary>
    public int Consume(ulong wanted)
    {
        long total = 0;
        foreach (NativeRing ring in _rings)
        {
            long consumed = ring.Consume(wanted - (ulong)total);
            if (consumed < 0)
            {
                return (int)consumed;
            }

            total += consumed;
            if ((ulong)total >= wanted)
            {
                break;
            }
        }

        return (int)Math.Min(total, int.MaxValue);
    }

    public void Free()
    {
        foreach (NativeRing ring in _rings)
        {
            ring.Dispose();
        }

        _epoll.Dispose();
        Handles.Free(Handle);
    }
}
