using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>The wake-ups of a descriptor as an event: it is listened to only while somebody wants to know.</summary>
/// <param name="descriptor">The descriptor.</param>
/// <param name="events">POLLIN or POLLOUT.</param>
internal sealed class WakeUpEvent(FileDescriptor descriptor, short events) : IDisposable
{
    private readonly Lock _gate = new();
    private Action? _listeners;
    private IDisposable? _subscription;

    public void Add(Action? listener)
    {
        lock (_gate)
        {
            _listeners += listener;
            _subscription ??= WakeUps.Listen(descriptor, events, Wake);
        }
    }

    public void Remove(Action? listener)
    {
        lock (_gate)
        {
            _listeners -= listener;
            if (_listeners is null)
            {
                Stop();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Stop();
        }
    }

    private void Wake() => Volatile.Read(ref _listeners)?.Invoke();

    private void Stop()
    {
        _subscription?.Dispose();
        _subscription = null;
    }
}
