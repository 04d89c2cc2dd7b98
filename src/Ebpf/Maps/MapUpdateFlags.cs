namespace Ebpf;

/// <summary>What an update may do.</summary>
/// <remarks>BPF_ANY and following in include/uapi/linux/bpf.h.</remarks>
[Flags]
public enum MapUpdateFlags : ulong
{
    /// <summary>Insert or replace.</summary>
    Any = 0,

    /// <summary>Insert only: <see cref="Errno.EEXIST"/> where the key is there.</summary>
    NoExist = 1,

    /// <summary>Replace only: <see cref="Errno.ENOENT"/> where the key is not there. On a full queue: drop the oldest.</summary>
    Exist = 2,

    /// <summary>The value's spin lock is held while it is copied.</summary>
    Lock = 4,
}
