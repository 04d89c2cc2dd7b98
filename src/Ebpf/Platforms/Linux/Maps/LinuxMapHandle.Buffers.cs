using Ebpf.Platforms.Linux.Buffers;

namespace Ebpf.Platforms.Linux.Maps;

/// <content>Ring buffers, user ring buffers, perf buffers: mapped when they are first used.</content>
internal sealed partial class LinuxMapHandle
{
    private readonly Lock _buffersGate = new();
    private RingBufferConsumer? _ring;
    private UserRingProducer? _userRing;
    private bool _areBuffersClosed;

    public IRingConsumer? Ring => Spec.Type == MapType.RingBuf ? Opened(ref _ring, () => RingBufferConsumer.Open(Descriptor, Spec.MaxEntries, Spec.Name)) : null;

    public IRingProducer? UserRing => Spec.Type == MapType.UserRingBuf ? Opened(ref _userRing, () => UserRingProducer.Open(Descriptor, Spec.MaxEntries, Spec.Name)) : null;

    public IPerfBuffers? OpenPerfBuffers(int bytes) => Spec.Type == MapType.PerfEventArray ? PerfBuffers.Open(Descriptor, Spec.MaxEntries, bytes, Spec.Name) : null;

    private T Opened<T>(ref T? buffer, Func<T> open) where T : class
    {
        lock (_buffersGate)
        {
            ObjectDisposedException.ThrowIf(_areBuffersClosed, this);
            return buffer ??= open();
        }
    }

    private void DisposeBuffers()
    {
        lock (_buffersGate)
        {
            _areBuffersClosed = true;
            _ring?.Dispose();
            _userRing?.Dispose();
        }
    }
}
