namespace Ebpf;

/// <summary>
/// What went wrong with an object, a program, a map or a platform, in one line that says what to do next. Every failure of this library is one
/// of these (or a subclass); misuse of the API itself is an <see cref="ArgumentException"/> or <see cref="InvalidOperationException"/>.
/// </summary>
public class BpfException : Exception
{
    /// <summary>Creates an error with its one-line message and, where there is one, libbpf's or the kernel's error number (positive).</summary>
    public BpfException(string message, Errno errno = Errno.None, Exception? inner = null)
        : base(message, inner) => Errno = errno;

    /// <summary>The error number that libbpf or the kernel gives for this failure; <see cref="Errno.None"/> where there is none.</summary>
    public Errno Errno { get; }

    /// <summary>The program that the failure is about, if it is about one.</summary>
    public string? Program { get; init; }

    /// <summary>The full log, where one was kept; empty otherwise.</summary>
    public virtual string Log => "";
}
