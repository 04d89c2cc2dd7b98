namespace Ebpf;

/// <summary>The context of a process program of the extensions of eBPF for Windows.</summary>
/// <remarks><c>process_md_t</c> of ntosebpfext.</remarks>
public sealed record ProcessContext : ProgramContext<ProcessContext, ProcessVerdict>
{
    /// <summary>The process.</summary>
    public ulong ProcessId { get; init; }

    /// <summary>Its parent.</summary>
    public ulong ParentProcessId { get; init; }

    /// <summary>The process that creates it.</summary>
    public ulong CreatingProcessId { get; init; }

    /// <summary>The thread that creates it.</summary>
    public ulong CreatingThreadId { get; init; }

    /// <summary>What happens.</summary>
    public ProcessOperation Operation { get; init; }

    /// <summary>The command line, in UTF-16 as Windows gives it.</summary>
    public ReadOnlyMemory<byte> Command { get; init; }

    internal override ProgramType Type => ProgramType.Process;

    internal override ReadOnlyMemory<byte>? Data => Command;

    internal override void Write(ContextImage image)
    {
        image["process_id"] = (ulong)ProcessId;
        image["parent_process_id"] = (ulong)ParentProcessId;
        image["creating_process_id"] = (ulong)CreatingProcessId;
        image["creating_thread_id"] = (ulong)CreatingThreadId;
        image["operation"] = (ulong)Operation;
    }

    internal override ProcessContext Read(ContextImage image) => this with
    {
        ProcessId = (ulong)image["process_id"],
        ParentProcessId = (ulong)image["parent_process_id"],
        CreatingProcessId = (ulong)image["creating_process_id"],
        CreatingThreadId = (ulong)image["creating_thread_id"],
        Operation = (ProcessOperation)image["operation"],
    };
}

/// <summary>What a process program decides.</summary>
public enum ProcessVerdict
{
    /// <summary>The process may be created; other values refuse it, as an NTSTATUS.</summary>
    Permit = 0,
}

/// <summary>What happens to a process (process_operation_t).</summary>
public enum ProcessOperation
{
    /// <summary>It is about to be created.</summary>
    Create = 0,

    /// <summary>It ends.</summary>
    Delete = 1,
}
