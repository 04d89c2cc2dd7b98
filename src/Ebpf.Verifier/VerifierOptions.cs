namespace Ebpf.Verifier;

/// <summary>How a program is verified.</summary>
public sealed record VerifierOptions
{
    /// <summary>The defaults: a million processed instructions, the Linux policy.</summary>
    public static VerifierOptions Default { get; } = new();

    /// <summary>How many instructions may be processed, over all paths, before the answer is "too complex".</summary>
    /// <remarks>BPF_COMPLEXITY_LIMIT_INSNS in the kernel's verifier.</remarks>
    public int InstructionLimit { get; init; } = 1_000_000;

    /// <summary>What is allowed beyond memory safety and termination.</summary>
    public VerifierPolicy Policy { get; init; } = VerifierPolicy.Linux;

    /// <summary>Whether the whole walk is logged (slow, large); on refusal the causal log is there without it.</summary>
    public bool Verbose { get; init; }

    /// <summary>Whether every access must be aligned, as processors demand that cannot do others (BPF_F_STRICT_ALIGNMENT).</summary>
    public bool StrictAlignment { get; init; }

    /// <summary>The host's own type that the program is of; null for Linux's and Windows' types.</summary>
    internal Prototypes.HostType? Host { get; init; }

    /// <summary>Whether what the walk saw at each instruction is kept, for a report.</summary>
    internal bool Traces { get; init; }

    /// <summary>Where the program is to run, which says what there is: kernel functions, arenas and exceptions are Linux's alone.</summary>
    public VerifierTarget Target { get; init; } = VerifierTarget.Embedded;

    /// <summary>
    /// The Linux version whose helpers, types of maps and programs, and features of the language may be used: what came later is refused, and said since
    /// when it is there. Null for all. Only the major and minor number count; the rules of access are those of the newest kernel.
    /// </summary>
    public Version? KernelVersion { get; init; }

    /// <summary>The kernel's types, for programs whose context is BTF-typed; null where there is no kernel to ask.</summary>
    public Bytecode.Btf.BtfView? KernelTypes { get; init; }
}

/// <summary>Where a program is to run.</summary>
public enum VerifierTarget
{
    /// <summary>In this library's engine: what it does not have is refused.</summary>
    Embedded,

    /// <summary>In a Linux kernel: what that has is allowed, whether the embedded engine has it or not.</summary>
    Linux,
}

/// <summary>What a verified program may do beyond memory safety and termination, which hold in both.</summary>
public enum VerifierPolicy
{
    /// <summary>What Linux allows root.</summary>
    Linux,

    /// <summary>Also refuses pointer leaks and reads of uninitialised stack.</summary>
    Strict,
}
