namespace Ebpf.Platforms.Linux.Syscalls;

/// <content>Programs and BTF.</content>
internal static unsafe partial class Bpf
{
    // SIG_SETMASK in include/uapi/asm-generic/signal-defs.h.
    private const int SetMask = 2;

    public static Errno LoadProgram(ref ProgramLoadAttributes attributes, out FileDescriptor? program) =>
        Open(BpfCommand.ProgramLoad, ref attributes, out program);

    public static Errno LoadBtf(ref BtfLoadAttributes attributes, out FileDescriptor? btf) => Open(BpfCommand.BtfLoad, ref attributes, out btf);

    /// <summary>Runs a program, exactly as often as it is asked to.</summary>
    /// <remarks>
    /// The kernel stops repeating when a signal is pending for the thread, and nobody could tell how often the program ran. So no signal is let
    /// through; those for the process go to its other threads.
    /// </remarks>
    public static Errno TestRun(ref ProgramTestRunAttributes attributes)
    {
        LibC.SignalSet all, before;
        _ = LibC.FillSignalSet(&all);
        bool isMasked = LibC.SetSignalMask(SetMask, &all, &before) == 0;
        try
        {
            return Call(BpfCommand.ProgramTestRun, ref attributes);
        }
        finally
        {
            if (isMasked)
            {
                _ = LibC.SetSignalMask(SetMask, &before, null);
            }
        }
    }

    public static Errno Attach(ref ProgramAttachAttributes attributes) => Call(BpfCommand.ProgramAttach, ref attributes);

    public static Errno Detach(ref ProgramAttachAttributes attributes) => Call(BpfCommand.ProgramDetach, ref attributes);

    /// <summary>What is attached somewhere. Since Linux 4.15.</summary>
    public static Errno Query(ref ProgramQueryAttributes attributes) => Call(BpfCommand.ProgramQuery, ref attributes);

    /// <summary>Attaches to a raw tracepoint; with an empty name to what the program was loaded for (fentry, LSM, tp_btf). Since Linux 4.17.</summary>
    public static Errno OpenRawTracepoint(string? name, int program, ulong cookie, out FileDescriptor? link)
    {
        fixed (byte* text = name is null ? null : ZeroEnded(name))
        {
            var attributes = new RawTracepointAttributes { Name = text, ProgramFd = program, Cookie = cookie };
            return Open(BpfCommand.RawTracepointOpen, ref attributes, out link);
        }
    }

    /// <summary>Makes a program keep a map that its code does not name; since Linux 5.10.</summary>
    public static Errno BindMap(int program, int map)
    {
        var attributes = new ProgramBindMapAttributes { ProgramFd = program, MapFd = map };
        return Call(BpfCommand.ProgramBindMap, ref attributes);
    }

    /// <summary>Counts and times the runs of all programs for as long as the descriptor is open; since Linux 5.8.</summary>
    public static Errno EnableStats(out FileDescriptor? statistics)
    {
        EnableStatsAttributes attributes = default;
        return Open(BpfCommand.EnableStats, ref attributes, out statistics);
    }
}
