using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Maps;

namespace Ebpf.Platforms.Embedded;

/// <summary>A map of the engine. Handles share one descriptor; the map goes with the last handle, program and map that holds it.</summary>
internal sealed partial class EmbeddedMapHandle : IMapHandle
{
    private readonly Shared _shared;
    private int _disposed;

    public EmbeddedMapHandle(EmbeddedMap map, Descriptor? descriptor)
        : this(new Shared(map, descriptor))
    {
    }

    private EmbeddedMapHandle(Shared shared) => _shared = shared;

    public EmbeddedMap Map => _shared.Map;

    public MapSpec Spec => Map.Spec;

    public int? Fd => _shared.Descriptor?.Number;

    public long MemoryBytes => Map.MemoryBytes;

    public int HostValueSize => Map.HostValueSize;

    public IMapHandle Share()
    {
        ObjectDisposedException.ThrowIf(!_shared.TryHold(), this);
        return new EmbeddedMapHandle(_shared);
    }

    public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags) => Result(Map.HostLookup(key, value, (ulong)flags));

    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags) => Result(Map.HostUpdate(key, value, (ulong)flags));

    public Errno Update(ReadOnlySpan<byte> key, IProgramHandle program) =>
        Set(key, (program as EmbeddedProgramHandle)?.Program);

    public Errno Update(ReadOnlySpan<byte> key, IMapHandle inner) => Set(key, (inner as EmbeddedMapHandle)?.Map);

    public IRingConsumer? Ring => Map is RingBufferMap ring ? new EmbeddedRingConsumer(ring) : null;

    public IRingProducer? UserRing => Map is UserRingBufferMap ring ? new EmbeddedRingProducer(ring) : null;

    public IPerfBuffers? OpenPerfBuffers(int bytes) => Map is PerfEventArrayMap events ? new EmbeddedPerfBuffers(events, bytes) : null;

    public Errno Delete(ReadOnlySpan<byte> key) => Result(Map.HostDelete(key));

    public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags) => Result(Map.HostLookupAndDelete(key, value, (ulong)flags));

    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next) => Result(Map.HostNextKey(key, next));

    public Errno Freeze() => Result(Map.Freeze());

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _shared.Release();
        }
    }

    private Errno Set(ReadOnlySpan<byte> key, IReferent? referent) =>
        Map is not IReferenceMap references ? Errno.EINVAL
        : referent is null ? Errno.EBADF
        : Result(references.HostSet(key, referent));

    private static Errno Result(int result) => result < 0 ? (Errno)(-result) : Errno.None;

    /// <summary>What all handles to one map have in common.</summary>
    private sealed class Shared(EmbeddedMap map, Descriptor? descriptor)
    {
        private Holders _holders = new();

        public EmbeddedMap Map { get; } = map;

        public Descriptor? Descriptor { get; } = descriptor;

        public bool TryHold() => _holders.TryAdd();

        public void Release()
        {
            if (_holders.Remove())
            {
                Map.Dispose();
                Descriptor?.Dispose();
            }
        }
    }
}
