using System.Collections.Frozen;

namespace Ebpf.Verifier.Prototypes;

/// <summary>A type of program that the host of the engine defines: its context, what it may return, and the helpers that the host adds to the general ones.</summary>
/// <param name="Name">The name, which is also what section names begin with.</param>
/// <param name="Context">The context.</param>
/// <param name="Returns">What programs may return; null for any number.</param>
/// <param name="Helpers">The host's helpers by the number that programs call.</param>
internal sealed record HostType(string Name, ContextLayout Context, ReturnRange? Returns, FrozenDictionary<int, HelperPrototype> Helpers)
{
    /// <summary>The least number of a host's helper: above all of Linux's, of eBPF for Windows', and of the library functions.</summary>
    public const int FirstHelper = 0x100000;

    /// <summary>The type whose helpers a host's programs have besides the host's own: in Linux it has the general ones and no other.</summary>
    public const ProgramType LikeType = ProgramType.Netfilter;
}
