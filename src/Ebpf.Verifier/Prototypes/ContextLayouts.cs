using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>The contexts of all program types whose context is a fixed structure, and the objects that programs reach through one.</summary>
public static partial class ContextLayouts
{
    /// <summary>Bytes of <c>struct bpf_flow_keys</c>, all of which a flow dissector may read and write.</summary>
    public const int FlowKeysSize = 56;

    // Made when first asked for: making all of them would take longer than a small load.
    private static readonly ContextLayout?[] Made = new ContextLayout?[Count];

    /// <summary>The context of a program; null for types whose context the kernel's BTF describes (tracing, LSM, struct_ops, extensions) and for unknown ones.</summary>
    public static ContextLayout? For(ProgramType type, AttachType attachType, Dialect dialect)
    {
        foreach (Entry entry in Entries)
        {
            if (entry.Dialect == dialect && entry.Type == type && (entry.AttachTypes.IsEmpty || entry.AttachTypes.Contains(attachType)))
                return Cached(entry.Layout);
        }
        return null;
    }

    /// <summary>Every layout of both dialects.</summary>
    internal static IEnumerable<ContextLayout> All => Enumerable.Range(0, Count).Select(Cached);

    private static ContextLayout Cached(int layout) => Made[layout] ??= Make(layout);

    private readonly record struct Entry(Dialect Dialect, ProgramType Type, int Layout, params ImmutableArray<AttachType> AttachTypes);
}
