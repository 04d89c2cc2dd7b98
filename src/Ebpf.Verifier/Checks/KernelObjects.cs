using Ebpf.Bytecode.Btf;

namespace Ebpf.Verifier.Checks;

/// <summary>The kernel's structures: what a load from an object of one of them gives.</summary>
/// <remarks>btf_struct_walk in the kernel's btf.c.</remarks>
internal sealed class KernelObjects(BtfView types)
{
    // Structures nest less deep than this; a cycle in damaged types ends here.
    private const int MaxDepth = 32;

    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    /// <summary>The id of a structure; 0 where the kernel has none of that name.</summary>
    internal int Find(string name)
    {
        if (_byName.TryGetValue(name, out int id))
            return id;
        id = (int)(types.FindByName(name, BtfKind.Struct) ?? types.FindByName(name, BtfKind.Union) ?? 0);
        _byName.Add(name, id);
        return id;
    }

    internal string NameOf(int id)
    {
        string name = types[(uint)id].Name;
        return name.Length > 0 ? "struct " + name : "an unnamed structure";
    }

    /// <summary>Whether an object of a type is, at its start, one of another: the same, or it begins with one.</summary>
    internal bool Begins(int id, string name)
    {
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            BtfType type = types.SkipModifiers((uint)id);
            if (!type.IsComposite)
                return false;
            if (type.Name == name)
                return true;
            if (type.Members.Count == 0 || type.Members[0].BitOffset != 0)
                return false;
            id = (int)type.Members[0].Type;
        }

        return false;
    }

    /// <summary>What a load of <paramref name="size"/> bytes at an offset gives: the structure that the loaded pointer points to, or 0 for a number.</summary>
    /// <returns>False where no field is there.</returns>
    internal bool TryLoad(int id, long offset, int size, out int target) => TryLoad((uint)id, offset, size, 0, out target);

    private bool TryLoad(uint id, long offset, int size, int depth, out int target)
    {
        target = 0;
        if (depth > MaxDepth || offset < 0)
            return false;
        BtfType type = types.SkipModifiers(id);
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                return TryMember(type, offset, size, depth, out target);
            case BtfKind.Array:
                BtfArray array = type.Array;
                uint element = types.SizeOf(array.ElementType);
                // The last member of a structure may be an array of no declared length.
                if (element == 0 || (array.Length != 0 && offset >= (long)element * array.Length))
                    return false;
                // Numbers side by side may be read together.
                if (types.SkipModifiers(array.ElementType).Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64)
                    return array.Length == 0 || offset + size <= (long)element * array.Length;
                return TryLoad(array.ElementType, offset % element, size, depth + 1, out target);
            case BtfKind.Ptr:
                if (offset != 0 || size != 8)
                    return false;
                BtfType pointed = types.SkipModifiers(type.ReferencedType);
                target = pointed.IsComposite ? (int)pointed.Id : 0;
                return true;
            case BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                return offset + size <= types.SizeOf(type.Id);
            default:
                return false;
        }
    }

    private bool TryMember(in BtfType type, long offset, int size, int depth, out int target)
    {
        for (int i = 0; i < type.Members.Count; i++)
        {
            BtfMember member = type.Members[i];
            long start = member.BitOffset / 8;
            if (start > offset)
                continue;
            // An array of no length is memory only at the end of the structure; elsewhere it is a mark between fields.
            if (i < type.Members.Count - 1 && types.SkipModifiers(member.Type) is { Kind: BtfKind.Array } array && array.Array.Length == 0)
                continue;
            if (member.BitfieldSize != 0)
            {
                // Bit fields are read with the bytes around them; whatever they hold is a number.
                long end = (member.BitOffset + member.BitfieldSize + 7) / 8;
                if (offset >= end)
                    continue;
                target = 0;
                return true;
            }

            if (TryLoad(member.Type, offset - start, size, depth + 1, out target))
                return true;
        }

        target = 0;
        return false;
    }
}
