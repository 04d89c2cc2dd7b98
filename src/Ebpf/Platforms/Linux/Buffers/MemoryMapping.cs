using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>Memory of a descriptor, mapped shared. It stays mapped while a reference is held, whoever disposes it meanwhile.</summary>
internal sealed unsafe class MemoryMapping : SafeHandle
{
    // include/uapi/asm-generic/mman-common.h.
    private const int ProtectionRead = 1;
    private const int ProtectionWrite = 2;
    private const int MapShared = 1;
    private const int FixedNoReplace = 0x100000;

    private readonly nuint _length;

    private MemoryMapping(void* start, nuint length) : base(-1, ownsHandle: true)
    {
        _length = length;
        SetHandle((nint)start);
    }

    public override bool IsInvalid => handle == -1;

    /// <summary>Where it begins.</summary>
    public byte* Start => (byte*)handle;

    /// <summary>A mapping that is unmapped together with this one.</summary>
    public MemoryMapping? Companion { get; init; }

    /// <summary>
    /// Maps so many bytes of a descriptor from an offset on; at a given address where one is given, if nothing else is there. The companion becomes the
    /// mapping's; where mapping fails it is unmapped at once.
    /// </summary>
    public static Errno Map(int fd, nuint length, long offset, bool isWritable, out MemoryMapping? mapping, MemoryMapping? companion = null, ulong address = 0)
    {
        int protection = isWritable ? ProtectionRead | ProtectionWrite : ProtectionRead;
        void* start = LibC.Map((void*)address, length, protection, address == 0 ? MapShared : MapShared | FixedNoReplace, fd, offset);
        mapping = (nint)start == -1 ? null : new MemoryMapping(start, length) { Companion = companion };
        if (mapping is not null)
        {
            return Errno.None;
        }

        Errno errno = LibC.LastError;
        companion?.Dispose();
        return errno;
    }

    /// <summary>Keeps it mapped until <see cref="SafeHandle.DangerousRelease"/>; false where it is unmapped already.</summary>
    public bool TryHold()
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            // The one way to ask a SafeHandle whether it is closed that is not a race.
        }

        return held;
    }

    protected override bool ReleaseHandle()
    {
        Companion?.Dispose();
        return LibC.Unmap((void*)handle, _length) == 0;
    }
}
