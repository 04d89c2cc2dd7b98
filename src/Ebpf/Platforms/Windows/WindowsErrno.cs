namespace Ebpf.Platforms.Windows;

/// <summary>Errors as eBPF for Windows' libbpf functions answer them, in the numbers of Microsoft's C library.</summary>
/// <remarks>ebpf_result_to_errno in libs/api_common/api_common.hpp of eBPF for Windows; errno.h of the Universal C Runtime.</remarks>
internal static class WindowsErrno
{
    // Beyond 42 the numbers are Microsoft's own.
    private const int Enobufs = 119, Enotsup = 129, Eopnotsupp = 130, Eother = 131;

    /// <summary>The error of a negative answer.</summary>
    internal static Errno From(int answer) => -answer switch
    {
        <= 0 => Errno.None,
        Enobufs => Errno.ENOBUFS,
        Enotsup or Eopnotsupp => Errno.EOPNOTSUPP,
        // "Everything else": what the system says of it is in its trace.
        Eother => Errno.EIO,
        int number => (Errno)number,
    };

    /// <summary>The error of an ebpf_result_t, which is what functions with names of their own answer.</summary>
    internal static Errno FromResult(int result) => result switch
    {
        0 => Errno.None,
        1 => Errno.EACCES, // VERIFICATION_FAILED
        4 => Errno.EBADF, // INVALID_FD
        5 or 6 or 15 or 23 => Errno.EINVAL, // INVALID_OBJECT, INVALID_ARGUMENT, ALREADY_INITIALIZED, EXTENSION_FAILED_TO_LOAD
        7 or 9 or 19 or 25 => Errno.ENOENT, // OBJECT_NOT_FOUND, FILE_NOT_FOUND, KEY_NOT_FOUND, NO_MORE_KEYS
        8 => Errno.EEXIST, // OBJECT_ALREADY_EXISTS
        12 => Errno.ENOMEM, // NO_MEMORY
        18 => Errno.EOPNOTSUPP, // OPERATION_NOT_SUPPORTED
        20 => Errno.EPERM, // ACCESS_DENIED
        24 => Errno.ENOBUFS, // INSUFFICIENT_BUFFER
        29 => Errno.ENOSPC, // OUT_OF_SPACE
        31 => Errno.EFAULT, // INVALID_POINTER
        _ => Errno.EIO,
    };
}
