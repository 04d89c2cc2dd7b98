using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ebpf.Kernel.Guest;

/// <summary>A run's count and cookie, as tracing.bpf.c keeps them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Hit(ulong Count, ulong Cookie);

/// <summary>Slots of tracing.bpf.c's map.</summary>
internal enum Slot : uint
{
    Kprobe, Kretprobe, Ksyscall, Kretsyscall, Tracepoint, RawTracepoint, TpBtf, Fentry, Fexit, FmodRet, Lsm, KprobeMulti, KretprobeMulti, Uprobe, Uretprobe, UprobeMulti, PerfEvent,
}

/// <summary>What scenarios share: objects, events, expectations.</summary>
internal static partial class Room
{
    public static Version Running => Environment.OSVersion.Version;

    /// <summary>Opens an object with only the named programs on; all where none is named.</summary>
    public static BpfObject Open(string name, params string[] programs)
    {
        BpfObject obj = BpfObject.Open($"/objects/{name}.o");
        if (programs.Length > 0)
        {
            foreach (BpfProgramSpec program in obj.Programs)
            {
                program.AutoLoad = programs.Contains(program.Name);
            }
        }

        return obj;
    }

    public static LoadedObject Load(string name, params string[] programs) => Open(name, programs).Load(Platform.Linux);

    public static Hit HitOf(this LoadedObject live, Slot slot) => live.Maps["hits"].As<uint, Hit>()[(uint)slot];

    /// <summary>One system call that every tracing program of tracing.bpf.c sees; its answer, or the negative error.</summary>
    public static int CallGetpgid()
    {
        // Not 0, for which the kernel asks no security module.
        int group = GetProcessGroup(Environment.ProcessId);
        return group >= 0 ? group : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Runs the target, and answers how often somebody listened at its tracepoint.</summary>
    public static int RunTarget(int times)
    {
        using Process process = Process.Start("/target", [times.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        process.WaitForExit();
        True(process.ExitCode != 255, "the target computes what it should");
        return process.ExitCode;
    }

    public static void True(bool condition, [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"does not hold: {what}");
        }
    }

    public static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string? what = null)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new InvalidOperationException($"{what} is {actual}, not {expected}");
        }
    }

    /// <summary>The error that something must fail with.</summary>
    public static BpfException Fails(Errno errno, Action action)
    {
        try
        {
            action();
        }
        catch (BpfException e)
        {
            Equal(errno, e.Errno, e.Message);
            return e;
        }

        throw new InvalidOperationException($"it works, but should fail with {errno}");
    }

    /// <summary>Runs what a kernel from a version on can do; an older one must say that, with the version, and nothing else.</summary>
    public static void Since(int major, int minor, Action action)
    {
        if (Running >= new Version(major, minor))
        {
            action();
            return;
        }

        try
        {
            action();
        }
        catch (BpfNotSupportedException e)
        {
            True(e.Since?.Contains($"Linux {major}.{minor}", StringComparison.Ordinal) == true, e.Message);
            return;
        }

        throw new InvalidOperationException($"Linux {Running} should not be able to do it");
    }

    [LibraryImport("libc", EntryPoint = "getpgid", SetLastError = true)]
    private static partial int GetProcessGroup(int process);
}
