namespace Ebpf;

/// <summary>How much an object may deviate from what libbpf accepts.</summary>
public enum ObjectStrictness
{
    /// <summary>
    /// Opens what real compilers and loaders made: legacy <c>maps</c> sections, static programs, symbols without a type, relocations with addends,
    /// calls between sections, iproute2's section names, library calls such as memset.
    /// </summary>
    Default,

    /// <summary>Refuses what libbpf 1.8 refuses, with its error number.</summary>
    Libbpf,
}
