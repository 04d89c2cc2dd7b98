using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Follows the path of a relocation in another type of the same name: members by name, elements by index.</summary>
internal sealed class CoreSpecMatcher(CoreBudget budget)
{
    private readonly CoreTypeRules _rules = new(budget);

    /// <summary>Whether the target type has what the path means; then <paramref name="target"/> is the path there.</summary>
    /// <exception cref="BpfException">The types cannot be compared.</exception>
    public bool Match(CoreSpec local, BtfView types, uint id, CoreSpec target)
    {
        target.Start(types, id, local.Kind);
        if (local.Kind == CoreRelocationKind.TypeMatches)
            return _rules.TypesMatch(local.View, local.RootType, types, id);
        if (local.Kind.IsTypeBased())
            return _rules.TypesAreCompatible(local.View, local.RootType, types, id);
        if (local.Kind.IsEnumeratorBased())
            return MatchEnumerator(local, types, id, target);

        for (int i = 0; i < local.Length; i++)
        {
            CoreAccessor step = local.Accessors[i];
            id = types.SkipModifiers(id).Id;
            bool found = step.IsNamed ? MatchMember(local.View, step, id, target, out id) : MatchElement(step, i, target, ref id);
            if (!found)
                return false;
        }

        return true;
    }

    private bool MatchEnumerator(CoreSpec local, BtfView types, uint id, CoreSpec target)
    {
        BtfType type = types.SkipModifiers(id);
        if (!type.IsEnum)
            return false;

        CoreAccessor step = local.Accessors[0];
        ReadOnlySpan<byte> name = BtfName.Essential(local.View[step.TypeId].Enumerators[step.Index].NameBytes);
        budget.Spend(type.VLen);
        for (int i = 0; i < type.VLen; i++)
        {
            if (!BtfName.Essential(type.Enumerators[i].NameBytes).SequenceEqual(name))
                continue;
            target.Push(new CoreAccessor(type.Id, i, IsNamed: true));
            target.PushRaw(i);
            return true;
        }

        return false;
    }

    private static bool MatchElement(CoreAccessor step, int position, CoreSpec target, ref uint id)
    {
        BtfView types = target.View;
        if (position > 0)
        {
            BtfType type = types[id];
            if (type.Kind != BtfKind.Array)
                return false;
            BtfArray array = type.Array;
            if (!CoreSpecParser.IsFlexible(types, target.Last, array) && (uint)step.Index >= array.Length)
                return false;
            id = types.SkipModifiers(array.ElementType).Id;
        }

        target.PushRaw(step.Index);
        target.Push(step with { TypeId = id });
        target.BitOffset += CoreSpecParser.ElementOffset(step.Index, types, id);
        return true;
    }

    /// <summary>Looks for the member of that name, also in anonymous structs and unions; <paramref name="next"/> is its type.</summary>
    private bool MatchMember(BtfView localTypes, CoreAccessor step, uint id, CoreSpec target, out uint next)
    {
        next = 0;
        BtfView types = target.View;
        BtfType type = types.SkipModifiers(id);
        if (!type.IsComposite)
            return false;

        BtfMember local = localTypes[step.TypeId].Members[step.Index];
        ReadOnlySpan<byte> name = local.NameBytes;
        budget.Spend(type.VLen);
        for (int i = 0; i < type.VLen; i++)
        {
            BtfMember member = type.Members[i];
            ReadOnlySpan<byte> memberName = member.NameBytes;
            bool isAnonymous = memberName.IsEmpty;
            if (!isAnonymous && !memberName.SequenceEqual(name))
                continue;

            target.BitOffset += member.BitOffset;
            target.PushRaw(i);
            if (isAnonymous)
            {
                if (MatchMember(localTypes, step, member.Type, target, out next))
                    return true;
            }
            else if (_rules.FieldsAreCompatible(localTypes, local.Type, types, member.Type))
            {
                target.Push(new CoreAccessor(type.Id, i, IsNamed: true));
                next = member.Type;
                return true;
            }

            target.BitOffset -= member.BitOffset;
            target.PopRaw();
            if (!isAnonymous)
                return false;
        }

        return false;
    }
}
