using System.Runtime.InteropServices;

namespace Ebpf.Native;

/// <summary>How a C function fails: a negative error number, or null, and errno.</summary>
/// <remarks>libbpf_err and libbpf_err_ptr in libbpf_internal.h.</remarks>
internal static unsafe class Answer
{
    /// <summary>Hands a result on; a negative one is put into errno too.</summary>
    public static int Code(int result)
    {
        if (result < 0)
        {
            Marshal.SetLastSystemError(-result);
        }

        return result;
    }

    /// <summary>Fails a function that answers with a number.</summary>
    public static int Error(Errno errno) => -(int)errno;

    /// <summary>Fails a function that answers with a pointer.</summary>
    public static nint Null(Errno errno)
    {
        Marshal.SetLastSystemError((int)errno);
        return 0;
    }

    /// <summary>Fails a function that answers with a pointer to bytes.</summary>
    public static byte* NullBytes(Errno errno) => (byte*)Null(errno);

    public static int Caught(Exception e) => Code(-(int)ErrnoOf(e));

    public static nint CaughtPointer(Exception e) => Null(ErrnoOf(e));

    /// <summary>Fails a function that this library does not have.</summary>
    public static int Absent(string function)
    {
        Print.Warn($"{function}() is not supported by this library (Ebpf for .NET)\n");
        return Code(-(int)Errno.EOPNOTSUPP);
    }

    /// <summary>Fails a function that this library does not have and that answers with a pointer.</summary>
    public static nint AbsentPointer(string function)
    {
        Absent(function);
        return 0;
    }

    /// <summary>The error number of whatever went wrong. What nobody foresaw is said aloud: it is a defect of this library.</summary>
    public static Errno ErrnoOf(Exception e)
    {
        switch (e)
        {
            case BpfException { Errno: not Errno.None } known:
                return known.Errno;
            case BpfException or ArgumentException:
                return Errno.EINVAL;
            case OutOfMemoryException or InsufficientExecutionStackException:
                return Errno.ENOMEM;
            case FileNotFoundException or DirectoryNotFoundException:
                return Errno.ENOENT;
            case UnauthorizedAccessException:
                return Errno.EACCES;
            case IOException:
                return Errno.EIO;
            case ObjectDisposedException:
                return Errno.EBADF;
            default:
                Print.Warn($"internal error: {e.GetType().Name}: {e.Message}\n");
                return Errno.LIBBPF_INTERNAL;
        }
    }
}
