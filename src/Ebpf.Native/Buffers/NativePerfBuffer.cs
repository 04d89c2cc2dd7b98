using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Buffers;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>A <c>struct perf_buffer</c>: a buffer for each CPU in the slots of a PERF_EVENT_ARRAY.</summary>
/// <remarks>perf_buffer__new and following in libbpf.c.</remarks>
internal sealed unsafe class NativePerfBuffer
{
    // enum bpf_perf_event_ret.
    private const int Continue = -2;

    // include/uapi/linux/perf_event.h.
    private const uint RecordLost = 2;
    private const uint RecordSample = 9;
    private const int HeadOffset = 1024;
    private const int TailOffset = 1032;

    private readonly Epoll _epoll = new();
    private readonly List<Buffer> _buffers = [];
    private readonly PerfCallbacks _callbacks;
    private readonly int _map;
    private readonly nuint _size;

    private NativePerfBuffer(int map, nuint size, PerfCallbacks callbacks)
    {
        _map = map;
        _size = size;
        _callbacks = callbacks;
        Handle = Handles.New(this);
    }

    public nint Handle { get; }

    public int EpollFd => _epoll.Fd;

    public int Count => _buffers.Count;

    /// <summary>Opens the buffers of the CPUs that are online, or of those that are given.</summary>
    /// <returns>0 or a negative errno.</returns>
    public static int Open(int map, nuint pages, PerfEventAttributes* attributes, PerfCallbacks callbacks, ReadOnlySpan<int> cpus, ReadOnlySpan<int> keys, out NativePerfBuffer? buffer)
    {
        buffer = null;
        if (pages == 0 || (pages & (pages - 1)) != 0)
        {
            Print.Warn($"page count should be power of two, but is {pages}\n");
            return Answer.Error(Errno.EINVAL);
        }

        MapInfoRecord info = default;
        uint length = (uint)sizeof(MapInfoRecord);
        int error = Libbpf.bpf_obj_get_info_by_fd(map, (byte*)&info, &length);
        if (error != 0)
        {
            Print.Warn($"failed to get map info for map FD {map}: {ErrorText.Symbol((Errno)(-error))}\n");
            return error;
        }

        if ((MapType)info.Type != MapType.PerfEventArray)
        {
            Print.Warn($"map '{info.Name}' should be BPF_MAP_TYPE_PERF_EVENT_ARRAY\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (Kernel.IsEmbedded)
        {
            Print.Warn("perf buffers are not supported on the embedded platform (Ebpf for .NET): use a ring buffer\n");
            return Answer.Error(Errno.EOPNOTSUPP);
        }

        var made = new NativePerfBuffer(map, pages * (nuint)Os.PageSize, callbacks);
        if (cpus.IsEmpty)
        {
            uint slots = info.MaxEntries;
            int[] online = [.. PerfBuffers.OnlineCpus(File.ReadAllText("/sys/devices/system/cpu/online")).Where(cpu => slots == 0 || cpu < slots)];
            cpus = keys = online;
        }

        for (int i = 0; i < cpus.Length; i++)
        {
            error = made.Add(attributes, cpus[i], keys[i]);
            if (error != 0)
            {
                made.Free();
                return error;
            }
        }

        buffer = made;
        return 0;
    }

    public int Poll(int milliseconds)
    {
        Span<uint> ready = _buffers.Count <= 256 ? stackalloc uint[_buffers.Count] : new uint[_buffers.Count];
        int count = _epoll.Wait(ready, milliseconds);
        for (int i = 0; i < count; i++)
        {
            int error = Consume((int)ready[i]);
            if (error != 0)
            {
                return error;
            }
        }

        return count;
    }

    public int ConsumeAll()
    {
        for (int i = 0; i < _buffers.Count; i++)
        {
            int error = Consume(i);
            if (error != 0)
            {
                return error;
            }
        }

        return 0;
    }

    public int FdOf(nuint index) => index < (nuint)_buffers.Count ? _buffers[(int)index].Fd : Answer.Error(Errno.EINVAL);

    /// <summary>Hands over the records of one buffer; 0, or what a callback said when it failed.</summary>
    public int Consume(int index)
    {
        if ((uint)index >= (uint)_buffers.Count)
        {
            return Answer.Error(Errno.EINVAL);
        }

        Buffer buffer = _buffers[index];
        byte* data = buffer.Base + Os.PageSize;
        ulong head = Volatile.Read(ref *(ulong*)(buffer.Base + HeadOffset));
        ulong tail = *(ulong*)(buffer.Base + TailOffset);
        int answer = Continue;
        while (tail != head && answer == Continue)
        {
            byte* record = data + (tail & (_size - 1));
            ushort size = *(ushort*)(record + 6);
            if (record + size > data + _size)
            {
                // It wraps: put together again in memory of its own.
                byte* copy = buffer.Wrapped();
                int first = (int)(data + _size - record);
                new Span<byte>(record, first).CopyTo(new Span<byte>(copy, first));
                new Span<byte>(data, size - first).CopyTo(new Span<byte>(copy + first, size - first));
                record = copy;
            }

            answer = Process(buffer.Cpu, record);
            tail += size;
        }

        Volatile.Write(ref *(ulong*)(buffer.Base + TailOffset), tail);
        return answer == Continue ? 0 : answer;
    }

    public int Memory(int index, void** start, nuint* size)
    {
        if ((uint)index >= (uint)_buffers.Count)
        {
            return Answer.Error(Errno.EINVAL);
        }

        *start = _buffers[index].Base;
        *size = _size;
        return 0;
    }

    public void Free()
    {
        foreach (Buffer buffer in _buffers)
        {
            int key = buffer.Key;
            _ = Libbpf.bpf_map_delete_elem(_map, (byte*)&key);
            buffer.Close(_size);
        }

        _epoll.Dispose();
        Handles.Free(Handle);
    }

    private int Process(int cpu, byte* record)
    {
        if (_callbacks.Event != 0)
        {
            return ((delegate* unmanaged<void*, int, byte*, int>)_callbacks.Event)((void*)_callbacks.Context, cpu, record);
        }

        switch (*(uint*)record)
        {
            case RecordSample:
                if (_callbacks.Sample != 0)
                {
                    ((delegate* unmanaged<void*, int, void*, uint, void>)_callbacks.Sample)((void*)_callbacks.Context, cpu, record + 12, *(uint*)(record + 8));
                }

                return Continue;
            case RecordLost:
                if (_callbacks.Lost != 0)
                {
                    ((delegate* unmanaged<void*, int, ulong, void>)_callbacks.Lost)((void*)_callbacks.Context, cpu, *(ulong*)(record + 16));
                }

                return Continue;
            default:
                Print.Warn($"unknown perf sample type {*(uint*)record}\n");
                return -1;
        }
    }

    private int Add(PerfEventAttributes* attributes, int cpu, int key)
    {
        int fd = PerfEvents.Open(attributes, -1, cpu);
        if (fd < 0)
        {
            Print.Warn($"failed to open perf buffer event on cpu #{cpu}: {ErrorText.Symbol((Errno)(-fd))}\n");
            return fd;
        }

        void* memory = LibC.Map(null, _size + (nuint)Os.PageSize, Os.ProtectionReadWrite, Os.MapShared, fd, 0);
        int error = (nint)memory == -1 ? -(int)LibC.LastError : PerfEvents.Ioctl(fd, PerfEvents.IoctlEnable);
        var buffer = new Buffer(fd, cpu, key, (nint)memory == -1 ? null : (byte*)memory);
        error = error != 0 ? error : Libbpf.bpf_map_update_elem(_map, (byte*)&key, (byte*)&fd, 0);
        error = error != 0 ? error : _epoll.Watch(fd, (uint)_buffers.Count);
        if (error != 0)
        {
            Print.Warn($"failed to set cpu #{cpu}, key {key} -> perf FD {fd}: {ErrorText.Symbol((Errno)(-error))}\n");
            buffer.Close(_size);
            return error;
        }

        _buffers.Add(buffer);
        return 0;
    }

    private sealed class Buffer(int fd, int cpu, int key, byte* memory)
    {
        private byte* _wrapped;

        public int Fd => fd;

        public int Cpu => cpu;

        public int Key => key;

        public byte* Base => memory;

        public byte* Wrapped() => _wrapped != null ? _wrapped : _wrapped = (byte*)NativeMemory.Alloc(ushort.MaxValue + 1);

        public void Close(nuint size)
        {
            if (memory != null)
            {
                _ = LibC.Unmap(memory, size + (nuint)Os.PageSize);
            }

            _ = PerfEvents.Ioctl(fd, PerfEvents.IoctlDisable);
            _ = LibC.Close(fd);
            NativeMemory.Free(_wrapped);
        }
    }
}

/// <summary>Who gets the records of a perf buffer: one for all events, or one for samples and one for losses.</summary>
internal readonly record struct PerfCallbacks(nint Event, nint Sample, nint Lost, nint Context);
