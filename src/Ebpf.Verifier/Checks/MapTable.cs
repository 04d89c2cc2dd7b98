using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Verifier.Checks;

/// <summary>The maps of a load and, behind them, the templates of their inner maps: each has an index.</summary>
internal sealed class MapTable
{
    private readonly MapSpec[] _maps;
    private readonly int[] _inner;
    private readonly SpecialField[]?[] _special;

    internal MapTable(IReadOnlyList<MapSpec> maps)
    {
        LoadedCount = maps.Count;
        List<MapSpec> all = [.. maps];
        List<int> inner = [];
        for (int i = 0; i < all.Count; i++)
        {
            // The depth of maps in maps is one; more is refused where the map is created.
            bool hasInner = i < maps.Count && all[i].Inner is not null;
            inner.Add(hasInner ? all.Count : -1);
            if (hasInner)
                all.Add(all[i].Inner!);
        }

        _maps = [.. all];
        _inner = [.. inner];
        _special = new SpecialField[]?[_maps.Length];
    }

    /// <summary>How many are maps of the load; those behind are templates.</summary>
    internal int LoadedCount { get; }

    /// <summary>Whether one of them is an arena.</summary>
    internal bool HasArena => _maps.Any(m => m.Type == MapType.Arena);

    internal MapSpec this[int index] => _maps[index];

    /// <summary>The index of a map's inner template; -1 where it has none.</summary>
    internal int InnerOf(int index) => _inner[index];

    /// <summary>The fields of a map's value that belong to helpers.</summary>
    internal ReadOnlySpan<SpecialField> SpecialFields(int index) => _special[index] ??= FindSpecialFields(_maps[index]);

    /// <summary>The field of a kind, if the map's value has one.</summary>
    internal bool TryFind(int index, SpecialFieldKind kind, out SpecialField found)
    {
        foreach (SpecialField field in SpecialFields(index))
        {
            if (field.Kind != kind)
                continue;
            found = field;
            return true;
        }

        found = default;
        return false;
    }

    /// <summary>The fields of a map's value that belong to helpers, by offset.</summary>
    internal static SpecialField[] FindSpecialFields(MapSpec map) =>
        map.Types is null || map.ValueType == 0 ? [] : FindSpecialFields(map.Types, map.ValueType, map.ValueSize);

    /// <summary>The fields of a type that belong to helpers, by offset.</summary>
    internal static SpecialField[] FindSpecialFields(BtfView types, uint type, uint size)
    {
        List<SpecialField> found = [];
        try
        {
            // Hostile types can nest without end; a value that is real needs far less.
            int budget = 100_000;
            Collect(types, type, 0, size, found, depth: 0, ref budget);
        }
        catch (BpfException)
        {
            // Broken type information names no special field; what it would have protected is checked against helpers' own demands.
            return [];
        }

        found.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        return [.. found];
    }

    private static void Collect(BtfView types, uint id, long offset, uint limit, List<SpecialField> found, int depth, ref int budget)
    {
        // Types nest at most this deep in practice; a cycle in broken BTF ends here.
        if (depth > 16 || offset >= limit || found.Count > 64 || --budget < 0)
            return;
        BtfType type = types.SkipModifiers(id);
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union:
                if (NameOf(type.Name) is { } special && special.Size == type.Size)
                {
                    Add(found, special, offset, limit);
                    return;
                }

                for (int i = 0; i < type.Members.Count; i++)
                {
                    BtfMember member = type.Members[i];
                    if (member.BitfieldSize != 0)
                        continue;
                    int known = found.Count;
                    Collect(types, member.Type, offset + member.BitOffset / 8, limit, found, depth + 1, ref budget);
                    AddContents(types, type.Id, i, found, known);
                }

                return;
            case BtfKind.DataSec:
                foreach (BtfSectionVariable variable in type.SectionVariables)
                    Collect(types, variable.Type, offset + variable.Offset, limit, found, depth + 1, ref budget);
                return;
            case BtfKind.Var:
                int first = found.Count;
                Collect(types, type.ReferencedType, offset, limit, found, depth + 1, ref budget);
                AddContents(types, type.Id, -1, found, first);
                return;
            case BtfKind.Array:
                BtfArray array = type.Array;
                if (array.Length == 0)
                    return;
                // One element says whether elements are special; only then is each looked at.
                int before = found.Count;
                Collect(types, array.ElementType, offset, limit, found, depth + 1, ref budget);
                if (found.Count == before)
                    return;
                uint size = types.SizeOf(array.ElementType);
                for (uint i = 1; i < array.Length && size != 0 && offset + (long)i * size < limit && budget > 0; i++)
                    Collect(types, array.ElementType, offset + (long)i * size, limit, found, depth + 1, ref budget);
                return;
            case BtfKind.Ptr when IsKernelPointer(types, type):
                BtfType target = types.SkipModifiers(type.ReferencedType);
                Add(found, new SpecialField(SpecialFieldKind.KernelPointer, 0, 8, "kernel pointer", types[type.ReferencedType].Name, (int)target.Id), offset, limit);
                return;
        }
    }

    /// <summary>What a list or tree holds is said by a tag on it: <c>contains:TYPE:FIELD</c>.</summary>
    /// <remarks>btf_find_graph_root in the kernel's btf.c.</remarks>
    private static void AddContents(BtfView types, uint owner, int component, List<SpecialField> found, int from)
    {
        const string Prefix = "contains:";
        for (int i = from; i < found.Count; i++)
        {
            if (found[i].Kind is not (SpecialFieldKind.ListHead or SpecialFieldKind.TreeRoot) || found[i].Tag is not null)
                continue;
            foreach (BtfType tag in types.DeclTags(owner))
            {
                if (tag.ComponentIndex != component || !tag.Name.StartsWith(Prefix, StringComparison.Ordinal))
                    continue;
                string[] parts = tag.Name[Prefix.Length..].Split(':');
                if (parts.Length == 2 && types.FindByName(parts[0], BtfKind.Struct) is { } contained)
                    found[i] = found[i] with { Tag = parts[1], Target = (int)contained };
            }
        }
    }

    /// <summary>Only what lies within the value, and where helpers can use it, is special: anything else is plain data.</summary>
    private static void Add(List<SpecialField> found, SpecialField field, long offset, uint limit)
    {
        int alignment = field.Size >= 8 ? 8 : 4;
        if (offset + field.Size <= Math.Min(limit, int.MaxValue) && offset % alignment == 0)
            found.Add(field with { Offset = (int)offset });
    }

    private static bool IsKernelPointer(BtfView types, BtfType pointer)
    {
        BtfType target = types[pointer.ReferencedType];
        return target.Kind == BtfKind.TypeTag && target.Name is "kptr" or "kptr_untrusted" or "percpu_kptr" or "uptr";
    }

    /// <remarks>With the sizes that they have in include/uapi/linux/bpf.h: a type of another size has no more than the name, as for the kernel (btf_find_struct).</remarks>
    private static SpecialField? NameOf(string name) => name switch
    {
        "bpf_spin_lock" => new SpecialField(SpecialFieldKind.SpinLock, 0, 4, "struct bpf_spin_lock"),
        "bpf_res_spin_lock" => new SpecialField(SpecialFieldKind.ResilientSpinLock, 0, 4, "struct bpf_res_spin_lock"),
        "bpf_timer" => new SpecialField(SpecialFieldKind.Timer, 0, 16, "struct bpf_timer"),
        "bpf_wq" => new SpecialField(SpecialFieldKind.WorkQueue, 0, 16, "struct bpf_wq"),
        "bpf_task_work" => new SpecialField(SpecialFieldKind.TaskWork, 0, 8, "struct bpf_task_work"),
        "bpf_list_head" => new SpecialField(SpecialFieldKind.ListHead, 0, 16, "struct bpf_list_head"),
        "bpf_rb_root" => new SpecialField(SpecialFieldKind.TreeRoot, 0, 16, "struct bpf_rb_root"),
        "bpf_list_node" => new SpecialField(SpecialFieldKind.ListNode, 0, 24, "struct bpf_list_node"),
        "bpf_rb_node" => new SpecialField(SpecialFieldKind.TreeNode, 0, 32, "struct bpf_rb_node"),
        "bpf_refcount" => new SpecialField(SpecialFieldKind.ReferenceCount, 0, 4, "struct bpf_refcount"),
        _ => null,
    };
}
