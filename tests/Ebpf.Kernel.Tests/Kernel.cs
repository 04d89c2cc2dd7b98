using System.Diagnostics;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Kernel.Tests;

/// <summary>The running kernel, as far as tests may use it.</summary>
internal static class Kernel
{
    private static readonly Lazy<string?> s_reason = new(WhyNot);

    /// <summary>Skips the test where bpf(2) cannot be used.</summary>
    public static void Require() => Assert.SkipUnless(s_reason.Value is null, s_reason.Value ?? "");

    /// <summary>Skips the test where the kernel shows no type information.</summary>
    public static void RequireTypes()
    {
        Require();
        Assert.SkipUnless(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel has no /sys/kernel/btf/vmlinux");
    }

    /// <summary>Skips the test where a tool is missing.</summary>
    public static void RequireTool(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name))), $"{name} is not installed");

    /// <summary>Descriptors of bpf objects that this process has open, by number.</summary>
    public static SortedSet<int> BpfDescriptors()
    {
        var open = new SortedSet<int>();
        foreach (FileSystemInfo entry in new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is { } target && (target.Contains("bpf", StringComparison.Ordinal) || target.Contains("btf", StringComparison.Ordinal)) && target.StartsWith("anon_inode:", StringComparison.Ordinal))
            {
                open.Add(int.Parse(entry.Name));
            }
        }

        return open;
    }

    /// <summary>Runs a program and answers what it printed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        (int exit, string output, string error) = TryRun(program, arguments);
        Assert.True(exit == 0, $"{program} {string.Join(' ', arguments)} exited {exit}: {error}{output}");
        return output;
    }

    public static (int Exit, string Output, string Error) TryRun(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(TimeSpan.FromMinutes(1)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} did not end within a minute");
        }

        return (process.ExitCode, output, error.Result);
    }

    private static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "bpf(2) is Linux's";
        }

        var attributes = new MapCreateAttributes { MapType = (uint)MapType.Array, KeySize = 4, ValueSize = 4, MaxEntries = 1 };
        Errno errno = Bpf.CreateMap(ref attributes, out FileDescriptor? map);
        map?.Dispose();
        return errno == Errno.None ? null : $"bpf(2) answers {errno}: these tests take root";
    }
}

/// <summary>A bpffs of the test's own; what is pinned in it goes with it.</summary>
internal sealed class OwnBpffs : IDisposable
{
    public OwnBpffs()
    {
        Path = Directory.CreateTempSubdirectory("ebpf-bpffs-").FullName;
        (int exit, _, string error) = Kernel.TryRun("mount", "-t", "bpf", "bpf", Path);
        if (exit != 0)
        {
            Directory.Delete(Path);
            Assert.Skip($"no bpffs can be mounted: {error.Trim()}");
        }
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        Kernel.Run("umount", Path);
        Directory.Delete(Path);
    }
}

/// <summary>
/// What of bpf this process had before a test, to be compared with what it has after. Programs and maps live by descriptors, mappings, pins and links;
/// what else the kernel has belongs to others, who come and go meanwhile.
/// </summary>
internal sealed class Inventory
{
    private readonly SortedSet<int> _descriptors = Kernel.BpfDescriptors();
    private readonly List<string> _mappings = Mappings();
    private readonly List<(BpfObjectKind Kind, uint Id)> _expectedToGo = [];

    /// <summary>Notes the programs and maps of a loaded object: they must be gone in the end.</summary>
    public void ExpectToGo(LoadedObject live)
    {
        foreach (BpfProgram program in live.Programs)
        {
            ProgramInfoRecord info = default;
            Assert.Equal(Errno.None, Bpf.Info(program.Fd!.Value, ref info));
            _expectedToGo.Add((BpfObjectKind.Program, info.Id));
        }

        foreach (BpfMap map in live.Maps)
        {
            MapInfoRecord info = default;
            Assert.Equal(Errno.None, Bpf.Info(map.Fd!.Value, ref info));
            _expectedToGo.Add((BpfObjectKind.Map, info.Id));
        }
    }

    /// <summary>Nothing more is there than before. The kernel frees in the background, so that it is given a moment.</summary>
    public void AssertNothingIsLeft()
    {
        Assert.Equal(_descriptors, Kernel.BpfDescriptors());
        Assert.Equal(_mappings, Mappings());
        for (int i = 0; i < 250 && _expectedToGo.Exists(IsThere); i++)
        {
            Thread.Sleep(20);
        }

        Assert.DoesNotContain(_expectedToGo, IsThere);
    }

    private static bool IsThere((BpfObjectKind Kind, uint Id) item)
    {
        if (Bpf.OpenById(item.Kind, item.Id, out FileDescriptor? descriptor) != Errno.None)
        {
            return false;
        }

        descriptor!.Dispose();
        return true;
    }

    private static List<string> Mappings() => [.. File.ReadLines("/proc/self/maps").Where(static line => line.Contains("bpf", StringComparison.Ordinal) && line.Contains("anon_inode", StringComparison.Ordinal))];
}
