using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>The three relations between a type that a program was compiled with and one of the target: fields compatible, types compatible, types match.</summary>
/// <remarks>libbpf's src/relo_core.c states the rules; each loosens C's notion of the same type in its own way.</remarks>
internal sealed class CoreTypeRules(CoreBudget budget)
{
    private const int Deepest = 32;

    /// <summary>Whether two kinds may stand for each other at all: the same, or enumerations of either width.</summary>
    public static bool KindsAreCompatible(in BtfType a, in BtfType b) => a.Kind == b.Kind || (a.IsEnum && b.IsEnum);

    /// <summary>
    /// Whether a member may be taken for another of the same name. Structs and unions are alike; pointers, floats and integers are so whatever their
    /// sizes; enumerations and forward declarations by name; arrays by their elements.
    /// </summary>
    public bool FieldsAreCompatible(BtfView localTypes, uint localId, BtfView targetTypes, uint targetId)
    {
        while (true)
        {
            budget.Spend();
            BtfType local = localTypes.SkipModifiers(localId);
            BtfType target = targetTypes.SkipModifiers(targetId);
            if (local.IsComposite && target.IsComposite)
                return true;
            if (!KindsAreCompatible(local, target))
                return false;

            switch (local.Kind)
            {
                case BtfKind.Ptr or BtfKind.Float:
                    return true;
                case BtfKind.Fwd or BtfKind.Enum or BtfKind.Enum64:
                    ReadOnlySpan<byte> localName = BtfName.Essential(local.NameBytes), targetName = BtfName.Essential(target.NameBytes);
                    return localName.IsEmpty || targetName.IsEmpty || localName.SequenceEqual(targetName);
                case BtfKind.Int:
                    return AreWhole(local, target);
                case BtfKind.Array:
                    localId = local.Array.ElementType;
                    targetId = target.Array.ElementType;
                    break;
                default:
                    return false;
            }
        }
    }

    /// <summary>
    /// Whether a type exists in the sense of <c>bpf_core_type_exists</c>: of the same kind, whatever its size and members; behind pointers and in
    /// arrays and signatures likewise. Names have been compared.
    /// </summary>
    public bool TypesAreCompatible(BtfView localTypes, uint localId, BtfView targetTypes, uint targetId) =>
        TypesAreCompatible(localTypes, localId, targetTypes, targetId, Deepest);

    /// <summary>
    /// Whether a type matches in the sense of <c>bpf_core_type_matches</c>: every member of the local one is in the target, and matches; sizes and signs of
    /// integers, lengths of arrays and signatures are the same. Behind pointers only kind and name count.
    /// </summary>
    public bool TypesMatch(BtfView localTypes, uint localId, BtfView targetTypes, uint targetId) =>
        TypesMatch(localTypes, localId, targetTypes, targetId, behindPointer: false, Deepest);

    private bool TypesAreCompatible(BtfView localTypes, uint localId, BtfView targetTypes, uint targetId, int level)
    {
        if (!KindsAreCompatible(localTypes[localId], targetTypes[targetId]))
            return false;

        for (int depth = 0; depth < Deepest; depth++)
        {
            budget.Spend();
            BtfType local = localTypes.SkipModifiers(localId);
            BtfType target = targetTypes.SkipModifiers(targetId);
            if (!KindsAreCompatible(local, target))
                return false;

            switch (local.Kind)
            {
                case BtfKind.Void or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Fwd:
                    return true;
                case BtfKind.Int:
                    return AreWhole(local, target);
                case BtfKind.Array:
                    localId = local.Array.ElementType;
                    targetId = target.Array.ElementType;
                    break;
                case BtfKind.FuncProto when !ParametersAreCompatible(local, target, level):
                    return false;
                case BtfKind.Ptr:
                    localId = local.ReferencedType;
                    targetId = target.ReferencedType;
                    break;
                case BtfKind.FuncProto:
                    localId = localTypes.SkipModifiers(local.ReferencedType).Id;
                    targetId = targetTypes.SkipModifiers(target.ReferencedType).Id;
                    break;
                default:
                    return false;
            }
        }

        throw TooDeep();
    }

    private bool ParametersAreCompatible(in BtfType local, in BtfType target, int level)
    {
        if (local.VLen != target.VLen)
            return false;

        for (int i = 0; i < local.VLen; i++)
        {
            if (level <= 0)
                throw TooDeep();
            uint localId = local.View.SkipModifiers(local.Parameters[i].Type).Id;
            uint targetId = target.View.SkipModifiers(target.Parameters[i].Type).Id;
            if (!TypesAreCompatible(local.View, localId, target.View, targetId, level - 1))
                return false;
        }

        return true;
    }

    private bool TypesMatch(BtfView localTypes, uint localId, BtfView targetTypes, uint targetId, bool behindPointer, int level)
    {
        if (level <= 0)
            throw TooDeep();

        for (int depth = 0; depth < Deepest; depth++)
        {
            budget.Spend();
            BtfType local = localTypes.SkipModifiers(localId);
            BtfType target = targetTypes.SkipModifiers(targetId);
            if (!NamesMatch(local.NameBytes, target.NameBytes))
                return false;

            switch (local.Kind)
            {
                case BtfKind.Void:
                    return target.Kind == BtfKind.Void;
                case BtfKind.Fwd:
                    return ForwardMatches(local, target, behindPointer);
                case BtfKind.Enum or BtfKind.Enum64:
                    return target.IsEnum && EnumeratorsMatch(local, target);
                case BtfKind.Struct or BtfKind.Union when behindPointer:
                    return local.Kind == target.Kind || (target.Kind == BtfKind.Fwd && (local.Kind == BtfKind.Union) == target.KindFlag);
                case BtfKind.Struct or BtfKind.Union:
                    return local.Kind == target.Kind && MembersMatch(local, target, level);
                case BtfKind.Int:
                    return target.Kind == BtfKind.Int && local.Size == target.Size && local.Int.IsSigned == target.Int.IsSigned;
                case BtfKind.Ptr when target.Kind == BtfKind.Ptr:
                    behindPointer = true;
                    localId = local.ReferencedType;
                    targetId = target.ReferencedType;
                    break;
                case BtfKind.Array when target.Kind == BtfKind.Array && local.Array.Length == target.Array.Length:
                    localId = local.Array.ElementType;
                    targetId = target.Array.ElementType;
                    break;
                case BtfKind.FuncProto when target.Kind == BtfKind.FuncProto && ParametersMatch(local, target, behindPointer, level):
                    localId = local.ReferencedType;
                    targetId = target.ReferencedType;
                    break;
                default:
                    return false;
            }
        }

        throw TooDeep();
    }

    private static bool ForwardMatches(in BtfType local, in BtfType target, bool behindPointer)
    {
        if (target.Kind == BtfKind.Fwd)
            return local.KindFlag == target.KindFlag;
        return behindPointer && target.Kind == (local.KindFlag ? BtfKind.Union : BtfKind.Struct);
    }

    private bool MembersMatch(in BtfType local, in BtfType target, int level)
    {
        if (local.VLen > target.VLen)
            return false;

        foreach (BtfMember member in local.Members)
        {
            if (!HasMatchingMember(local.View, member, target, level))
                return false;
        }

        return true;
    }

    private bool HasMatchingMember(BtfView localTypes, in BtfMember member, in BtfType target, int level)
    {
        ReadOnlySpan<byte> name = member.NameBytes;
        budget.Spend(target.VLen);
        foreach (BtfMember candidate in target.Members)
        {
            if (NamesMatch(name, candidate.NameBytes) && TypesMatch(localTypes, member.Type, target.View, candidate.Type, behindPointer: false, level - 1))
                return true;
        }

        return false;
    }

    private bool EnumeratorsMatch(in BtfType local, in BtfType target)
    {
        if (local.Size != target.Size || local.VLen > target.VLen)
            return false;

        foreach (BtfEnumerator enumerator in local.Enumerators)
        {
            if (!HasEnumerator(target, enumerator.NameBytes))
                return false;
        }

        return true;
    }

    private bool HasEnumerator(in BtfType target, ReadOnlySpan<byte> name)
    {
        budget.Spend(target.VLen);
        foreach (BtfEnumerator candidate in target.Enumerators)
        {
            if (NamesMatch(name, candidate.NameBytes))
                return true;
        }

        return false;
    }

    private bool ParametersMatch(in BtfType local, in BtfType target, bool behindPointer, int level)
    {
        if (local.VLen != target.VLen)
            return false;

        for (int i = 0; i < local.VLen; i++)
        {
            if (!TypesMatch(local.View, local.Parameters[i].Type, target.View, target.Parameters[i].Type, behindPointer, level - 1))
                return false;
        }

        return true;
    }

    private static bool NamesMatch(ReadOnlySpan<byte> local, ReadOnlySpan<byte> target) =>
        target.IsEmpty ? local.IsEmpty : BtfName.Essential(local).SequenceEqual(BtfName.Essential(target));

    /// <summary>Integers are compatible unless they are bit-fields of the old form.</summary>
    private static bool AreWhole(in BtfType local, in BtfType target) => local.Int.BitOffset == 0 && target.Int.BitOffset == 0;

    private static BpfException TooDeep() => new("the types are nested too deeply to compare them", Errno.EINVAL);
}
