using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>Tells who asked for it when the kernel wakes up those that wait for a descriptor: one thread for the whole process, from the first time on.</summary>
/// <remarks>
/// Edge-triggered: a buffer that nobody empties says so once. Buffers of bpf and perf give their wake-ups to a wait queue, which epoll listens to.
/// </remarks>
internal static unsafe class WakeUps
{
    // include/uapi/linux/eventpoll.h.
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Delete = 2;
    private const uint EdgeTriggered = 1u << 31;

    private const int EventsAtOnce = 64;

    // struct epoll_event is packed on x86-64, and only there.
    private static readonly int s_keyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int s_eventSize = s_keyOffset + sizeof(ulong);

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<ulong, Action> s_listeners = [];
    private static FileDescriptor? s_epoll;
    private static ulong s_lastKey;

    /// <summary>Calls back on each wake-up, until the result is disposed. The callback must be short, and must not throw.</summary>
    /// <param name="descriptor">It stays open until then.</param>
    /// <param name="events">POLLIN or POLLOUT.</param>
    /// <param name="callback">Called on a thread of the library's own.</param>
    public static IDisposable Listen(FileDescriptor descriptor, short events, Action callback)
    {
        bool held = false;
        descriptor.DangerousAddRef(ref held);
        lock (s_lock)
        {
            ulong key = ++s_lastKey;
            s_listeners.Add(key, callback);
            try
            {
                Control(Add, descriptor.Number, (ushort)events | EdgeTriggered, key);
            }
            catch
            {
                s_listeners.Remove(key);
                descriptor.DangerousRelease();
                throw;
            }

            return new Subscription(descriptor, key);
        }
    }

    private static void Control(int operation, int fd, uint events, ulong key)
    {
        s_epoll ??= Start();
        Span<byte> request = stackalloc byte[16];
        request.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(request, events);
        BinaryPrimitives.WriteUInt64LittleEndian(request[s_keyOffset..], key);
        fixed (byte* address = request)
        {
            if (LibC.ControlEpoll(s_epoll.Number, operation, fd, address) != 0)
            {
                Errno errno = LibC.LastError;
                throw new BpfException($"descriptor {fd} cannot be waited for (epoll_ctl): {errno}", errno);
            }
        }
    }

    private static FileDescriptor Start()
    {
        int fd = LibC.CreateEpoll(CloseOnExec);
        Errno errno = fd < 0 ? LibC.LastError : Errno.None;
        FileDescriptor epoll = (fd < 0 ? null : FileDescriptor.Own(fd, out errno)) ?? throw new BpfException($"no descriptor to wait with (epoll_create1): {errno}", errno);
        new Thread(() => Run(epoll)) { IsBackground = true, Name = "Ebpf wake-ups" }.Start();
        return epoll;
    }

    private static void Run(FileDescriptor epoll)
    {
        byte[] events = GC.AllocateUninitializedArray<byte>(EventsAtOnce * s_eventSize, pinned: true);
        fixed (byte* address = events)
        {
            while (true)
            {
                int count = LibC.WaitEpoll(epoll.Number, address, EventsAtOnce, -1);
                for (int i = 0; i < count; i++)
                {
                    ulong key = BinaryPrimitives.ReadUInt64LittleEndian(events.AsSpan((i * s_eventSize) + s_keyOffset));
                    Action? callback;
                    lock (s_lock)
                    {
                        s_listeners.TryGetValue(key, out callback);
                    }

                    callback?.Invoke();
                }
            }
        }
    }

    private sealed class Subscription(FileDescriptor descriptor, ulong key) : IDisposable
    {
        private int _isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            {
                return;
            }

            lock (s_lock)
            {
                s_listeners.Remove(key);
                Control(Delete, descriptor.Number, 0, key);
            }

            descriptor.DangerousRelease();
        }
    }
}
