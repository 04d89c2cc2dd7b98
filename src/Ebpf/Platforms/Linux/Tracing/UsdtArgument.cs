using System.Globalization;
using System.Text.RegularExpressions;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>How an argument of a tracepoint is had from the registers.</summary>
/// <remarks>enum __bpf_usdt_arg_type in libbpf's usdt.bpf.h.</remarks>
internal enum UsdtArgumentKind : byte
{
    Constant = 0,
    Register = 1,
    /// <summary>Memory at a register plus an offset.</summary>
    Memory = 2,
    /// <summary>Memory at a register plus another, scaled, plus an offset; programs built with libbpf 1.7 or later understand it.</summary>
    IndexedMemory = 3,
}

/// <summary>Where one argument of a tracepoint is.</summary>
/// <param name="Kind">How it is had.</param>
/// <param name="Size">Its bytes: 1, 2, 4 or 8.</param>
/// <param name="IsSigned">Whether it is extended by its sign.</param>
/// <param name="Value">The constant, or the offset.</param>
/// <param name="Register">Where the register is in 'struct pt_regs'.</param>
/// <param name="Index">Where the index register is.</param>
/// <param name="Scale">What the index is multiplied with, as a shift.</param>
internal readonly partial record struct UsdtArgument(UsdtArgumentKind Kind, int Size, bool IsSigned, long Value, int Register = 0, int Index = 0, int Scale = 0)
{
    /// <summary>libbpf's limit, USDT_MAX_ARG_CNT in usdt.c.</summary>
    public const int MaxCount = 12;

    // asm/ptrace.h of each: where the registers are in 'struct pt_regs', in the order of names below.
    private static readonly (string[] Names, int Offset)[] s_x64Registers =
    [
        (["r15", "r15d", "r15w", "r15b"], 0), (["r14", "r14d", "r14w", "r14b"], 8), (["r13", "r13d", "r13w", "r13b"], 16),
        (["r12", "r12d", "r12w", "r12b"], 24), (["rbp", "ebp", "bp", "bpl"], 32), (["rbx", "ebx", "bx", "bl"], 40),
        (["r11", "r11d", "r11w", "r11b"], 48), (["r10", "r10d", "r10w", "r10b"], 56), (["r9", "r9d", "r9w", "r9b"], 64),
        (["r8", "r8d", "r8w", "r8b"], 72), (["rax", "eax", "ax", "al"], 80), (["rcx", "ecx", "cx", "cl"], 88),
        (["rdx", "edx", "dx", "dl"], 96), (["rsi", "esi", "si", "sil"], 104), (["rdi", "edi", "di", "dil"], 112),
        (["rip", "eip"], 128), (["rsp", "esp", "sp", "spl"], 152),
    ];

    /// <summary>Reads the arguments of a note.</summary>
    /// <param name="text">The note's words, separated by blanks: <c>size@place</c>, a negative size for a signed one.</param>
    /// <param name="machine">Whose assembler wrote it: <see cref="ElfMachine.X64"/> or <see cref="ElfMachine.Arm64"/>.</param>
    /// <exception cref="BpfException">There are too many, or one is written in a way that is not known.</exception>
    public static UsdtArgument[] ParseAll(string text, ushort machine)
    {
        Regex syntax = machine switch
        {
            ElfMachine.X64 => X64Syntax(),
            ElfMachine.Arm64 => Arm64Syntax(),
            _ => throw new BpfException($"tracepoints of a program for {ElfMachine.Name(machine)} cannot be attached to: only those for x86-64 and AArch64 are known", Errno.EOPNOTSUPP),
        };
        var arguments = new List<UsdtArgument>();
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        while (!rest.IsEmpty)
        {
            if (arguments.Count == MaxCount)
            {
                throw new BpfException($"the tracepoint has more than {MaxCount} arguments: '{text}'", Errno.E2BIG);
            }

            Match match = syntax.Match(rest.ToString());
            if (!match.Success)
            {
                throw new BpfException($"argument {arguments.Count} of the tracepoint is written in an unknown way: '{rest}'", Errno.EINVAL);
            }

            arguments.Add(Parse(match, machine));
            rest = rest[match.Length..];
        }

        return [.. arguments];
    }

    private static UsdtArgument Parse(Match match, ushort machine)
    {
        if (!int.TryParse(match.Groups["size"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int size) ||
            size is not (1 or 2 or 4 or 8 or -1 or -2 or -4 or -8))
        {
            throw new BpfException($"an argument of the tracepoint has not 1, 2, 4 or 8 bytes: '{match.Value.Trim()}'", Errno.EINVAL);
        }

        long value = long.TryParse(match.Groups["value"].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;
        Group register = match.Groups["register"], memory = match.Groups["memory"], index = match.Groups["index"];
        UsdtArgumentKind kind = index.Success ? UsdtArgumentKind.IndexedMemory
            : memory.Success ? UsdtArgumentKind.Memory
            : register.Success ? UsdtArgumentKind.Register
            : UsdtArgumentKind.Constant;
        return new UsdtArgument(
            kind, Math.Abs(size), size < 0, value,
            kind == UsdtArgumentKind.Constant ? 0 : RegisterOffset((memory.Success ? memory : register).Value, machine),
            index.Success ? RegisterOffset(index.Value, machine) : 0,
            match.Groups["scale"].Value switch { "2" => 1, "4" => 2, "8" => 3, _ => 0 });
    }

    private static int RegisterOffset(string name, ushort machine)
    {
        if (machine == ElfMachine.X64)
        {
            foreach ((string[] names, int offset) in s_x64Registers)
            {
                if (names.Contains(name))
                {
                    return offset;
                }
            }
        }
        else if (name == "sp")
        {
            return 31 * sizeof(ulong);
        }
        else if (name.StartsWith('x') && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < 31)
        {
            return number * sizeof(ulong);
        }

        throw new BpfException($"an argument of the tracepoint is in a register that is not known: '{name}'", Errno.ENOENT);
    }

    // 8@%rdi, -4@$5, 8@-24(%rbp), 1@(%rax,%rcx,8). Local symbols ("8@name(%rip)") are unknown, as to libbpf.
    [GeneratedRegex(@"^(?<size>-?\d+)@(?:\$(?<value>-?\d+)|%(?<register>\w+)|(?<value>-?\d+)?\(%(?<memory>\w+)(?:,%(?<index>\w+)(?:,(?<scale>[1248]))?)?\))(?:\s+|$)", RegexOptions.CultureInvariant)]
    private static partial Regex X64Syntax();

    // 8@x0, -4@5, 8@[sp, 96], 4@[x1].
    [GeneratedRegex(@"^(?<size>-?\d+)@(?:\[\s*(?<memory>[a-z0-9]+)\s*(?:,\s*(?<value>-?\d+)\s*)?\]|(?<value>-?\d+)|(?<register>[a-z0-9]+))(?:\s+|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Arm64Syntax();
}
