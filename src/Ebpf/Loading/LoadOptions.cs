using Ebpf.Bytecode.Btf;
using Ebpf.Verifier;

namespace Ebpf;

/// <summary>How an object is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>The defaults.</summary>
    public static LoadOptions Default { get; } = new();

    /// <summary>What happens to maps that no selected program uses.</summary>
    public UnusedMaps UnusedMaps { get; init; } = UnusedMaps.Create;

    /// <summary>
    /// Whether a slot of a statically initialised PROG_ARRAY that names a program which is off stays empty. Otherwise the load fails, as on Linux.
    /// </summary>
    public bool EmptySkippedSlots { get; init; }

    /// <summary>The types that CO-RE relocations are resolved against; null for the platform's: the kernel's own, and embedded the object's.</summary>
    public BtfView? TargetBtf { get; init; }

    /// <summary>
    /// What <c>__kconfig</c> externs get: a kernel configuration's <c>CONFIG_…</c> values (<c>y</c>, <c>m</c>, <c>n</c>, a number, or text), and libbpf's
    /// own three. On Linux the running kernel has values for what is not given here; embedded only those three have defaults:
    /// <c>LINUX_KERNEL_VERSION</c> is 6.18.0, <c>LINUX_HAS_SYSCALL_WRAPPER</c> 1, <c>LINUX_HAS_BPF_COOKIE</c> 0.
    /// </summary>
    public IReadOnlyDictionary<string, string> KernelConfig { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>What the load may cost.</summary>
    public LoadLimits Limits { get; init; } = LoadLimits.Default;

    /// <summary>How programs are verified. A kernel has its own verifier, which knows <see cref="VerifierOptions.Verbose"/> alone.</summary>
    public VerifierOptions Verifier { get; init; } = VerifierOptions.Default;

    /// <summary>Whether the verifier's states are to be counted, where that costs something: for verdicts, not for loads.</summary>
    internal bool WantsStatistics { get; init; }

    /// <summary>The host's own types of program: what their sections name is verified and run as they say. Embedded platform only.</summary>
    public IReadOnlyList<Hosting.HostProgramType> ProgramTypes { get; init; } = [];

    /// <summary>Where maps are pinned that are pinned by name and give no path.</summary>
    public string PinRoot { get; init; } = "/sys/fs/bpf";
}

/// <summary>What happens to maps that no selected program uses.</summary>
public enum UnusedMaps
{
    /// <summary>They are created, as libbpf does.</summary>
    Create,

    /// <summary>
    /// They are not created. A program uses a map that it names directly, in a subprogram, as an inner map, or through the initial contents of
    /// another; maps for struct_ops, pinned, reused and edited ones stay.
    /// </summary>
    Skip,
}

/// <summary>What a load may cost before it is refused. A legal object can ask for a map of 8 GiB, or a million verified instructions.</summary>
public sealed record LoadLimits
{
    /// <summary>The defaults, which no object of a benign author meets.</summary>
    public static LoadLimits Default { get; } = new();

    /// <summary>Instructions that the verifier may process, over all programs of the object. A kernel has a limit of its own, for each program.</summary>
    public long Instructions { get; init; } = 256_000_000;

    /// <summary>Bytes of all maps.</summary>
    public long MapBytes { get; init; } = 4L << 30;

    /// <summary>Programs that are loaded.</summary>
    public int Programs { get; init; } = 16_384;
}
