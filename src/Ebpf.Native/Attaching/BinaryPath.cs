using Ebpf.Bytecode;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Native;

/// <summary>Programs and libraries that uprobes are put into.</summary>
internal static class BinaryPath
{
    /// <summary>The path of a name without a slash, as the dynamic linker and the shell look for it; null where there is none.</summary>
    /// <remarks>resolve_full_path in libbpf.c.</remarks>
    public static string? Resolve(string name)
    {
        if (name.Contains('/'))
        {
            return name;
        }

        bool isLibrary = name.EndsWith(".so", StringComparison.Ordinal) || name.Contains(".so.", StringComparison.Ordinal);
        IEnumerable<string> folders = isLibrary
            ? [.. Variable("LD_LIBRARY_PATH"), "/usr/lib64", "/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/lib"]
            : [.. Variable("PATH"), "/usr/bin", "/usr/sbin"];
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Where in the file a function begins, or a negative errno.</summary>
    /// <remarks>elf_find_func_offset in elf.c.</remarks>
    public static long FunctionOffset(string path, string function)
    {
        Print.Warn($"elf: '{path}': looking up functions by name is not supported by this library (Ebpf for .NET): give an offset\n");
        return -(long)Errno.EOPNOTSUPP;
    }

    private static string[] Variable(string name) => (Environment.GetEnvironmentVariable(name) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
}
