using System.Runtime.InteropServices;
using Ebpf.Bytecode;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>An executable or shared library that is to be probed.</summary>
internal sealed class UserBinary
{
    private readonly ElfFile _elf;

    private UserBinary(string path, ElfFile elf)
    {
        FilePath = path;
        _elf = elf;
    }

    /// <summary>Where it is.</summary>
    public string FilePath { get; }

    /// <summary>The parsed file.</summary>
    public ElfFile Elf => _elf;

    /// <param name="path">A path; a bare name is looked for where programs or, for <c>.so</c>, libraries are.</param>
    /// <exception cref="BpfException">There is no such file, or it is no ELF file.</exception>
    public static UserBinary Open(string path)
    {
        string resolved = Resolve(path);
        ElfFile elf = ElfFile.Read(InputFile.Read(resolved), resolved);
        return elf.Type is ElfType.Executable or ElfType.Shared
            ? new UserBinary(resolved, elf)
            : throw new BpfException($"{resolved}: is neither an executable nor a shared library, so that nothing in it can be probed", Errno.EBADF);
    }

    /// <summary>The path that a name stands for.</summary>
    /// <remarks>resolve_full_path in libbpf.c.</remarks>
    public static string Resolve(string path)
    {
        if (path.Contains('/'))
        {
            return path;
        }

        bool isLibrary = path.EndsWith(".so", StringComparison.Ordinal) || path.Contains(".so.", StringComparison.Ordinal);
        string?[] folders = isLibrary
            ? [Environment.GetEnvironmentVariable("LD_LIBRARY_PATH"), "/usr/lib64:/usr/lib", ArchitectureLibraries]
            : [Environment.GetEnvironmentVariable("PATH"), "/usr/bin:/usr/sbin"];
        foreach (string folder in folders.SelectMany(static list => (list ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)))
        {
            string candidate = Path.Combine(folder, path);
            if (File.Exists(candidate) && (isLibrary || OperatingSystem.IsWindows() || (File.GetUnixFileMode(candidate) & AnyExecute) != 0))
            {
                return candidate;
            }
        }

        throw new BpfException($"'{path}' is not in the folders of {(isLibrary ? "libraries" : "programs")}: give its path", Errno.ENOENT);
    }

    /// <summary>Where a function's code is in the file.</summary>
    /// <param name="name">Its name, with a version where it is to be one (<c>name@VERSION</c>, <c>name@@VERSION</c>).</param>
    /// <remarks>elf_find_func_offset in libbpf's elf.c: dynamic symbols first, a weak one only where there is no other.</remarks>
    /// <exception cref="BpfException">There is none, or several.</exception>
    public ulong FindFunction(string name)
    {
        int at = name.IndexOf('@');
        string plain = at < 0 ? name : name[..at];
        string? version = at < 0 ? null : name[at..].TrimStart('@');
        foreach (ElfSectionType type in (ElfSectionType[])[ElfSectionType.DynamicSymbols, ElfSectionType.SymbolTable])
        {
            ElfFunction? found = null;
            foreach (ElfFunction function in _elf.ReadFunctions(type, plain).Where(function => HasVersion(function, type, plain, version)))
            {
                if (found is not { } before || (before.Binding == ElfBinding.Weak && function.Binding != ElfBinding.Weak))
                {
                    found = function;
                }
                else if (function.Binding != ElfBinding.Weak && function.FileOffset != before.FileOffset)
                {
                    throw new BpfException(
                        $"{FilePath}: has several functions '{plain}': name one by its version ('{plain}@VERSION'), or give its offset 0x{before.FileOffset:x} or 0x{function.FileOffset:x}",
                        Errno.LIBBPF_FORMAT);
                }
            }

            if (found is { FileOffset: > 0 } one)
            {
                return one.FileOffset;
            }
        }

        throw new BpfException($"{FilePath}: has no function '{name}'{(IsStripped ? "; its symbols are stripped, so give an offset" : "")}", Errno.ENOENT);
    }

    /// <summary>Where the code of all functions is that a pattern names, ascending, each once.</summary>
    /// <remarks>elf_resolve_pattern_offsets in libbpf's elf.c.</remarks>
    public ulong[] FindFunctions(string pattern)
    {
        var offsets = new SortedSet<ulong>();
        foreach (ElfSectionType type in (ElfSectionType[])[ElfSectionType.DynamicSymbols, ElfSectionType.SymbolTable])
        {
            foreach (ElfFunction function in _elf.ReadFunctions(type).Where(function => Glob.Matches(pattern, function.Name)))
            {
                offsets.Add(function.FileOffset);
            }

            if (offsets.Count > 0)
            {
                return [.. offsets];
            }
        }

        throw new BpfException($"{FilePath}: has no function that matches '{pattern}'", Errno.ENOENT);
    }

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private static string? ArchitectureLibraries => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "/lib/x86_64-linux-gnu",
        Architecture.Arm64 => "/lib/aarch64-linux-gnu",
        Architecture.RiscV64 => "/lib/riscv64-linux-gnu",
        _ => null,
    };

    private bool IsStripped => !_elf.Sections.Any(static section => section.Type == ElfSectionType.SymbolTable);

    private bool HasVersion(in ElfFunction function, ElfSectionType type, string plain, string? version) =>
        version is null
        || (type == ElfSectionType.DynamicSymbols
            ? _elf.FindVersionName(function.Version) == version
            : function.Name.AsSpan(plain.Length).TrimStart('@').SequenceEqual(version));
}
