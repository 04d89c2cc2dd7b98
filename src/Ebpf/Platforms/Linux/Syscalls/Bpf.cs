namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>bpf(2). Each method is one system call and answers with the kernel's error; what it means is for the callers to say.</summary>
internal static unsafe partial class Bpf
{
    // bpf_prog_load in libbpf's bpf.c: the kernel gives up verifying when a signal comes, and wants to be asked again.
    private const int LoadAttempts = 5;

    /// <summary>Calls bpf(2), again where a signal came between.</summary>
    /// <param name="command">What to do.</param>
    /// <param name="attributes">Its arguments; some commands answer in them.</param>
    /// <param name="result">What the call gave: a descriptor for commands that make one, else 0.</param>
    public static Errno Call<T>(BpfCommand command, ref T attributes, out int result) where T : unmanaged
    {
        fixed (T* address = &attributes)
        {
            for (int attempt = 1; ; attempt++)
            {
                long answer = LibC.Syscall(SyscallNumbers.Bpf, (nint)command, (nint)address, sizeof(T), 0, 0);
                result = (int)answer;
                if (answer >= 0)
                {
                    return Errno.None;
                }

                Errno errno = LibC.LastError;
                bool again = errno switch
                {
                    // A run has happened in part when it is interrupted: only TestRun's caller can repeat it. Batches answer this where elements go faster than they are read.
                    Errno.EINTR => command is not (BpfCommand.ProgramTestRun or BpfCommand.MapLookupBatch or BpfCommand.MapLookupAndDeleteBatch),
                    Errno.EAGAIN => command == BpfCommand.ProgramLoad && attempt < LoadAttempts,
                    _ => false,
                };
                if (!again)
                {
                    return errno;
                }
            }
        }
    }

    /// <summary>Calls bpf(2) for a command that makes no descriptor.</summary>
    public static Errno Call<T>(BpfCommand command, ref T attributes) where T : unmanaged => Call(command, ref attributes, out _);

    /// <summary>Calls bpf(2) for a command that makes a descriptor, which is above 2 and closes on exec.</summary>
    public static Errno Open<T>(BpfCommand command, ref T attributes, out FileDescriptor? descriptor) where T : unmanaged
    {
        descriptor = null;
        Errno errno = Call(command, ref attributes, out int fd);
        if (errno == Errno.None)
        {
            descriptor = FileDescriptor.Own(fd, out errno);
        }

        return errno;
    }
}
