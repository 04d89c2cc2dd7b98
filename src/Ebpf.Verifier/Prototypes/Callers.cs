using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>Which programs may call a helper: a bit for each program type, and for some types the attach types on which it depends.</summary>
internal sealed record Callers(ulong Types, ImmutableArray<AttachRule> Rules)
{
    /// <summary>Every program.</summary>
    public static Callers Everyone { get; } = new(ulong.MaxValue, []);

    /// <summary>Programs of the given types.</summary>
    public static Callers Of(ulong types, params ImmutableArray<AttachRule> rules) => types == ulong.MaxValue && rules.IsEmpty ? Everyone : new(types, rules);

    /// <summary>Whether programs of this type may call it, at least with some attach type.</summary>
    public bool Include(ProgramType type) => (Types & Bit(type)) != 0 || Rules.Any(r => r.Type == type);

    /// <summary>Whether a program of this type with this attach type may call it.</summary>
    public bool Include(ProgramType type, AttachType attachType)
    {
        if ((Types & Bit(type)) != 0)
            return true;
        foreach (AttachRule rule in Rules)
        {
            if (rule.Type == type)
                return rule.AttachTypes.Contains(attachType) != rule.IsExclusion;
        }
        return false;
    }

    // Linux's types are below 40; those that only Windows has follow, its numbers counted from there.
    private static ulong Bit(ProgramType type) => 1ul << ((int)type < WindowsTypes ? (int)type : Math.Min(40 + (int)type - WindowsTypes, 63));

    private const int WindowsTypes = 0x10000;
}

/// <summary>On which attach types it depends whether programs of a type may call a helper.</summary>
/// <param name="Type">The program type.</param>
/// <param name="IsExclusion">Whether the attach types are those that may not.</param>
/// <param name="AttachTypes">The attach types.</param>
internal sealed record AttachRule(ProgramType Type, bool IsExclusion, params ImmutableArray<AttachType> AttachTypes);
