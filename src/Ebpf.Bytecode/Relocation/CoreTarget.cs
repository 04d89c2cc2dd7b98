using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>The types of the place where programs will run: a kernel's and, for what it does not have itself, its modules'; or any other BTF.</summary>
/// <param name="types">Gives the main type information; asked with the first relocation, since a kernel has a hundred thousand types.</param>
/// <param name="modules">Gives the modules' type information; asked at most once, and only when a type is not found in the main one.</param>
/// <param name="contexts">Gives the structures that are laid out for the program by whoever runs it; asked only where the object's own types are the target.</param>
internal sealed class CoreTarget(Func<BtfView> types, Func<IReadOnlyList<BtfView>>? modules = null, Func<BtfView>? contexts = null)
{
    // Candidates are kept, so each one is charged for its memory too.
    private const int StepsPerCandidate = 100;

    private BtfView? _types;
    private IReadOnlyList<BtfView>? _modules;

    /// <summary>A target whose types are there already.</summary>
    public CoreTarget(BtfView types, Func<IReadOnlyList<BtfView>>? modules = null, Func<BtfView>? contexts = null)
        : this(() => types, modules, contexts)
    {
    }

    /// <summary>All types that could be meant by a local one: of the same name but for the flavour (<c>___old</c>), and of a compatible kind.</summary>
    /// <remarks>
    /// Where the object's own types are the target, each is itself: its flavours stand side by side there, and none is ambiguous. But a context is not
    /// the object's to lay out, and a program may declare only the fields that it uses.
    /// </remarks>
    public List<BtfType> FindCandidates(in BtfType local, CoreBudget budget)
    {
        var candidates = new List<BtfType>();
        _types ??= types();
        if (ReferenceEquals(local.View, _types))
        {
            if (contexts is not null && local.Kind == BtfKind.Struct)
                AddCandidates(contexts(), local, candidates, budget, withBase: false);
            return candidates.Count > 0 ? candidates : [local];
        }

        AddCandidates(_types, local, candidates, budget, withBase: true);
        if (candidates.Count > 0 || modules is null)
            return candidates;

        _modules ??= modules();
        foreach (BtfView module in _modules)
            AddCandidates(module, local, candidates, budget, withBase: false);
        return candidates;
    }

    private static void AddCandidates(BtfView view, in BtfType local, List<BtfType> candidates, CoreBudget budget, bool withBase)
    {
        if (withBase && view.Base is BtfView baseView)
            AddCandidates(baseView, local, candidates, budget, withBase);

        ReadOnlySpan<byte> name = BtfName.Essential(local.NameBytes);
        for (uint id = view.Names.First(name); id != 0; id = view.Names.Next(id))
        {
            budget.Spend();
            BtfType type = view[id];
            if (!CoreTypeRules.KindsAreCompatible(type, local) || !BtfName.Essential(type.NameBytes).SequenceEqual(name))
                continue;
            budget.Spend(StepsPerCandidate);
            candidates.Add(type);
        }
    }
}
