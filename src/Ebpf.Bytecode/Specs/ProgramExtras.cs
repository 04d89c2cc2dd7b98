namespace Ebpf.Bytecode.Specs;

/// <summary>What a client of libbpf's C functions can say about loading a program and an object file cannot.</summary>
internal sealed record ProgramExtras
{
    /// <summary>Flags of BPF_PROG_LOAD beside those that the section means.</summary>
    public uint Flags { get; init; }

    /// <summary>The interface that the program is for; 0 for none.</summary>
    public uint Interface { get; init; }

    /// <summary>A descriptor of the program that this one attaches to; 0 for the kernel.</summary>
    public int AttachProgram { get; init; }

    /// <summary>BTF id of the function that it attaches to there; 0 to look for it by name in the kernel.</summary>
    public uint AttachTypeId { get; init; }

    /// <summary>What the kernel's verifier is to write about programs that it accepts: 1 the failing path, 2 all paths, 4 figures, or together.</summary>
    public uint LogLevel { get; init; }
}
