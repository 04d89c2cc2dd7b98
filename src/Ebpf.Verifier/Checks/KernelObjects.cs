using Ebpf.Bytecode.Btf;

namespace Ebpf.Verifier.Checks;

/// <summary>What a load from a structure gives.</summary>
/// <param name="Target">The structure that the loaded pointer points to; 0 for a number.</param>
/// <param name="Tag">How the kernel tags what is pointed to: rcu, user, percpu; "" where it does not.</param>
/// <param name="Structure">The structure that the field is in.</param>
/// <param name="Member">The field.</param>
internal readonly record struct LoadedField(int Target, string Tag, string Structure, string Member);

/// <summary>Structures as type information describes them: what a load from an object of one of them gives.</summary>
/// <remarks>btf_struct_walk, btf_struct_ids_match in the kernel's btf.c.</remarks>
internal sealed class KernelObjects(BtfView types)
{
    // Structures nest less deep than this; a cycle in damaged types ends here.
    private const int MaxDepth = 32;

    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);

    /// <summary>The types.</summary>
    internal BtfView Types => types;

    /// <summary>The id of a structure; 0 where there is none of that name.</summary>
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

    /// <summary>Whether there is, at an offset in an object of a type, a structure of a name: the object itself, or one that lies in it.</summary>
    internal bool Holds(int id, long offset, string name) => Holds((uint)id, offset, name, 0);

    /// <summary>Whether an object of a type is, at its start, one of another: the same, or it begins with one.</summary>
    internal bool Begins(int id, string name) => Holds(id, 0, name);

    /// <summary>What a load of <paramref name="size"/> bytes at an offset gives.</summary>
    /// <returns>False where no field is there.</returns>
    internal bool TryLoad(int id, long offset, int size, out LoadedField field) => TryLoad((uint)id, offset, size, 0, default, out field);

    private bool Holds(uint id, long offset, string name, int depth)
    {
        if (depth > MaxDepth || offset < 0)
            return false;
        BtfType type = types.SkipModifiers(id);
        if (type.Kind == BtfKind.Array)
        {
            uint element = types.SizeOf(type.Array.ElementType);
            return element != 0 && offset < (long)element * type.Array.Length && Holds(type.Array.ElementType, offset % element, name, depth + 1);
        }

        if (!type.IsComposite)
            return false;
        // Unsized uses of a name and its flavours are the same to a program.
        if (offset == 0 && Prototypes.KernelFunctions.WithoutFlavor(type.Name) == name)
            return true;
        foreach (BtfMember member in type.Members)
        {
            long start = member.BitOffset / 8;
            if (member.BitfieldSize == 0 && start <= offset && Holds(member.Type, offset - start, name, depth + 1))
                return true;
        }

        return false;
    }

    private bool TryLoad(uint id, long offset, int size, int depth, LoadedField place, out LoadedField field)
    {
        field = place;
        if (depth > MaxDepth || offset < 0)
            return false;
        BtfType type = types.SkipModifiers(id);
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                return TryMember(type, offset, size, depth, out field);
            case BtfKind.Array:
                BtfArray array = type.Array;
                uint element = types.SizeOf(array.ElementType);
                // The last member of a structure may be an array of no declared length.
                if (element == 0 || (array.Length != 0 && offset >= (long)element * array.Length))
                    return false;
                // Numbers side by side may be read together.
                if (types.SkipModifiers(array.ElementType).Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64)
                    return array.Length == 0 || offset + size <= (long)element * array.Length;
                return TryLoad(array.ElementType, offset % element, size, depth + 1, place, out field);
            case BtfKind.Ptr:
                if (offset != 0 || size != 8)
                    return false;
                BtfType pointed = types.SkipModifiers(type.ReferencedType);
                field = place with { Target = pointed.IsComposite ? (int)pointed.Id : 0, Tag = TagOf(type.ReferencedType) };
                return true;
            case BtfKind.Int or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                return offset + size <= types.SizeOf(type.Id);
            default:
                return false;
        }
    }

    private string TagOf(uint id)
    {
        for (int depth = 0; depth < MaxDepth; depth++)
        {
            BtfType type = types[id];
            if (type.Kind == BtfKind.TypeTag)
                return type.Name;
            if (!type.IsModifierOrTypedef)
                return "";
            id = type.ReferencedType;
        }

        return "";
    }

    private bool TryMember(in BtfType type, long offset, int size, int depth, out LoadedField field)
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
                field = new LoadedField(0, "", type.Name, member.Name);
                return true;
            }

            if (TryLoad(member.Type, offset - start, size, depth + 1, new LoadedField(0, "", type.Name, member.Name), out field))
                return true;
        }

        field = default;
        return false;
    }
}
