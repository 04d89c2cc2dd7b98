namespace Ebpf;

/// <summary>Linux error numbers, positive, the same on every OS: helpers and map operations answer with their negatives.</summary>
/// <remarks>include/uapi/asm-generic/errno-base.h and errno.h; ENOTSUPP (524) from include/linux/errno.h; 4000 on from libbpf.h.</remarks>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file, program, map or element.</summary>
    ENOENT = 2,

    /// <summary>No such process; libbpf's code for an unresolved extern.</summary>
    ESRCH = 3,

    /// <summary>Interrupted.</summary>
    EINTR = 4,

    /// <summary>Input/output error.</summary>
    EIO = 5,

    /// <summary>No such device or address.</summary>
    ENXIO = 6,

    /// <summary>Argument list too long; what a full map answers.</summary>
    E2BIG = 7,

    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,

    /// <summary>Try again.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied; what the verifier answers for unsafe programs.</summary>
    EACCES = 13,

    /// <summary>Bad address.</summary>
    EFAULT = 14,

    /// <summary>Busy.</summary>
    EBUSY = 16,

    /// <summary>Already exists.</summary>
    EEXIST = 17,

    /// <summary>Across devices.</summary>
    EXDEV = 18,

    /// <summary>No such device or interface.</summary>
    ENODEV = 19,

    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,

    /// <summary>Is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>The system has too many open files.</summary>
    ENFILE = 23,

    /// <summary>The process has too many open files: RLIMIT_NOFILE.</summary>
    EMFILE = 24,

    /// <summary>No space left.</summary>
    ENOSPC = 28,

    /// <summary>Illegal seek.</summary>
    ESPIPE = 29,

    /// <summary>Read-only file system.</summary>
    EROFS = 30,

    /// <summary>Broken pipe.</summary>
    EPIPE = 32,

    /// <summary>Out of range.</summary>
    ERANGE = 34,

    /// <summary>Name too long.</summary>
    ENAMETOOLONG = 36,

    /// <summary>No such system call.</summary>
    ENOSYS = 38,

    /// <summary>It would wait for itself.</summary>
    EDEADLK = 35,

    /// <summary>Too many levels of nesting.</summary>
    ELOOP = 40,

    /// <summary>No data.</summary>
    ENODATA = 61,

    /// <summary>What a link was attached to is gone.</summary>
    ENOLINK = 67,

    /// <summary>Protocol error.</summary>
    EPROTO = 71,

    /// <summary>Value too large for its type.</summary>
    EOVERFLOW = 75,

    /// <summary>Name not unique.</summary>
    ENOTUNIQ = 76,

    /// <summary>Message too long.</summary>
    EMSGSIZE = 90,

    /// <summary>Protocol not supported.</summary>
    EPROTONOSUPPORT = 93,

    /// <summary>Operation not supported (also ENOTSUP).</summary>
    EOPNOTSUPP = 95,

    /// <summary>Address in use.</summary>
    EADDRINUSE = 98,

    /// <summary>Address not available; what kernels from 6.7 on answer for a function whose name is not unique.</summary>
    EADDRNOTAVAIL = 99,

    /// <summary>Network is down.</summary>
    ENETDOWN = 100,

    /// <summary>No buffer space left; a netlink socket lost messages.</summary>
    ENOBUFS = 105,

    /// <summary>Not connected.</summary>
    ENOTCONN = 107,

    /// <summary>Timed out.</summary>
    ETIMEDOUT = 110,

    /// <summary>Already in progress.</summary>
    EALREADY = 114,

    /// <summary>What was expected to be there has changed.</summary>
    ESTALE = 116,

    /// <summary>Cancelled.</summary>
    ECANCELED = 125,

    /// <summary>Not supported by the kernel's implementation (524, kernel-internal).</summary>
    ENOTSUPP = 524,

    /// <summary>libbpf: libelf error.</summary>
    LIBBPF_LIBELF = 4000,

    /// <summary>libbpf: BPF object format invalid.</summary>
    LIBBPF_FORMAT = 4001,

    /// <summary>libbpf: object compiled for the other byte order.</summary>
    LIBBPF_ENDIAN = 4003,

    /// <summary>libbpf: internal error.</summary>
    LIBBPF_INTERNAL = 4004,

    /// <summary>libbpf: relocation failed.</summary>
    LIBBPF_RELOC = 4005,

    /// <summary>libbpf: program too big.</summary>
    LIBBPF_PROG2BIG = 4008,
}
