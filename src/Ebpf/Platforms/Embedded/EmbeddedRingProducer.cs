using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Embedded;

/// <summary>The producing side of a user ring buffer of the engine. A record that is reserved keeps the map's memory.</summary>
internal sealed unsafe class EmbeddedRingProducer(UserRingBufferMap ring) : IRingProducer
{
    public event Action? Woken
    {
        add => ring.Woken += value;
        remove => ring.Woken -= value;
    }

    public Errno Reserve(int size, out Span<byte> record)
    {
        ObjectDisposedException.ThrowIf(!ring.TryAddReference(), typeof(BpfMap));
        int error = ring.HostReserve((uint)size, out byte* sample);
        record = new Span<byte>(sample, error == 0 ? size : 0);
        if (error != 0)
        {
            ring.Release();
        }

        return (Errno)(-error);
    }

    public void Commit(Span<byte> record, bool isDiscarded)
    {
        UserRingBufferMap.HostCommit((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(record)), (uint)record.Length, isDiscarded);
        ring.Release();
    }
}
