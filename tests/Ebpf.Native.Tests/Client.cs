namespace Ebpf.Native.Tests;

/// <summary>Which library a client runs on, and where that loads to.</summary>
public enum Libbpf
{
    /// <summary>The machine's own libbpf.so.1.</summary>
    Installed,

    /// <summary>Ours, into the running kernel.</summary>
    OursInKernel,

    /// <summary>Ours, into the embedded engine.</summary>
    OursEmbedded,
}

/// <summary>A C program of the folder clients, compiled against the machine's libbpf and started on one library or another.</summary>
internal sealed class Client
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, Client> s_built = [];
    private static readonly string s_folder = Directory.CreateTempSubdirectory("ebpf-clients-").FullName;
    private static string? s_published;

    static Client() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(s_folder, recursive: true);

    private readonly string _program;

    private Client(string program) => _program = program;

    /// <summary>A client by its file's name; built once. Skips the test where there is no compiler or no libbpf to compile against.</summary>
    public static Client Of(string name) => Built(name, Path.Combine(Repository.Clients, name + ".c"));

    /// <summary>The program of samples/c-abi.</summary>
    public static Client Sample => Built("sample", Path.Combine(Repository.Samples, "c-abi", "autoload.c"));

    /// <summary>The folder with our library; published first where it is missing or older than its source.</summary>
    public static string Library
    {
        get
        {
            lock (s_gate)
            {
                return s_published ??= Publish();
            }
        }
    }

    public string Program => _program;

    /// <summary>Runs the client on a library.</summary>
    public Command Run(Libbpf library, params ReadOnlySpan<string> arguments) => Command.Run(EnvironmentOf(library), _program, arguments);

    /// <summary>What makes a program use a library.</summary>
    public static Dictionary<string, string> EnvironmentOf(Libbpf library) => library switch
    {
        Libbpf.Installed => [],
        Libbpf.OursInKernel => new() { ["LD_LIBRARY_PATH"] = Library, ["EBPF_PLATFORM"] = "linux" },
        _ => new() { ["LD_LIBRARY_PATH"] = Library, ["EBPF_PLATFORM"] = "embedded" },
    };

    /// <summary>Skips the test where the kernel cannot be used.</summary>
    public static void RequireKernel() =>
        Require.That(Environment.UserName == "root" && File.Exists("/sys/kernel/btf/vmlinux"), "loading into the kernel takes root and a kernel with BTF");

    private static Client Built(string name, string source)
    {
        Require.That(OperatingSystem.IsLinux(), "libbpf.so.1 is a library for Linux");
        Require.That(Command.Exists("gcc"), "clients are compiled with gcc");
        Require.That(File.Exists("/usr/include/bpf/libbpf.h"), "clients are compiled against libbpf-dev");
        lock (s_gate)
        {
            if (!s_built.TryGetValue(name, out Client? client))
            {
                string program = Path.Combine(s_folder, name);
                Command compiled = Command.Run("gcc", "-Wall", "-Wextra", "-Werror", "-O1", "-I", Skeletons(), "-o", program, source, "-lbpf", "-ldl", "-lpthread");
                Assert.True(compiled.ExitCode == 0, compiled.Error);
                s_built.Add(name, client = new Client(program));
            }

            return client;
        }
    }

    /// <summary>The folder with what bpftool generates.</summary>
    private static string Skeletons()
    {
        string folder = Path.Combine(s_folder, "skeletons");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        Directory.CreateDirectory(folder);
        Require.That(Command.Exists("bpftool"), "skeletons are made with bpftool");
        foreach (string name in (string[])["counters", "autoload"])
        {
            Command made = Command.Run("bpftool", "gen", "skeleton", Path.Combine(Repository.TestData, name + ".o"), "name", name);
            Assert.True(made.ExitCode == 0, made.Error);
            File.WriteAllText(Path.Combine(folder, name + ".skel.h"), made.Output);
        }

        return folder;
    }

    private static string Publish()
    {
        string library = Path.Combine(Repository.Library, "libbpf.so.1");
        DateTime newest = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.c*", SearchOption.AllDirectories)
            .Where(static f => !f.Contains("/obj/") && !f.Contains("/bin/"))
            .Max(File.GetLastWriteTimeUtc);
        if (!File.Exists(library) || File.GetLastWriteTimeUtc(library) < newest)
        {
            Command published = Command.Run("dotnet", "publish", Path.Combine(Repository.Root, "src", "Ebpf.Native"), "-c", "Release", "-r", "linux-x64");
            Assert.True(published.ExitCode == 0, published.Output);
        }

        return Repository.Library;
    }
}
