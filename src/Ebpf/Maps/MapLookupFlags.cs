namespace Ebpf;

/// <summary>How a value is looked up.</summary>
/// <remarks>BPF_F_LOCK in include/uapi/linux/bpf.h.</remarks>
[Flags]
public enum MapLookupFlags : ulong
{
    /// <summary>The value is copied as it is.</summary>
    None = 0,

    /// <summary>The value's spin lock is held while it is copied; since Linux 5.1. <see cref="Errno.EINVAL"/> where values have none.</summary>
    Lock = 4,
}
