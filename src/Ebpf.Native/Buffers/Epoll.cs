using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>A set of descriptors that is waited for, each with a number of the caller's.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;

    public Epoll()
    {
        Fd = LibC.CreateEpoll(CloseOnExec);
        if (Fd < 0)
        {
            throw new BpfException("there is no descriptor left for epoll", LibC.LastError);
        }
    }

    public int Fd { get; }

    /// <summary>Waits for a descriptor too: 0 or a negative errno.</summary>
    public int Watch(int fd, uint number, uint events = (uint)LibC.PollIn)
    {
        // On x64 the kernel's structure is packed.
        byte* entry = stackalloc byte[16];
        Fill(entry, events, number);
        return LibC.ControlEpoll(Fd, Add, fd, entry) == 0 ? 0 : -(int)LibC.LastError;
    }

    /// <summary>The numbers of those that are ready, or a negative errno: a signal is one (EINTR), as in libbpf.</summary>
    public int Wait(Span<uint> ready, int milliseconds)
    {
        int most = Math.Max(1, ready.Length);
        byte* events = (byte*)NativeMemory.Alloc((nuint)most, 16);
        int count = LibC.WaitEpoll(Fd, events, most, milliseconds);
        int result = count < 0 ? -(int)LibC.LastError : count;
        for (int i = 0; i < count && i < ready.Length; i++)
        {
            ready[i] = *(uint*)(events + i * EntrySize + DataOffset);
        }

        NativeMemory.Free(events);
        return result;
    }

    public void Dispose() => _ = LibC.Close(Fd);

    // struct epoll_event: 12 bytes on x64, 16 elsewhere.
    private static readonly int EntrySize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EntrySize - 8;

    private static void Fill(byte* entry, uint events, uint number)
    {
        *(uint*)entry = events;
        *(ulong*)(entry + DataOffset) = number;
    }
}
