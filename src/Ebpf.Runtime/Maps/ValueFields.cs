using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;
using Ebpf.Verifier.Checks;

namespace Ebpf.Runtime.Maps;

/// <summary>The fields of a map's values that belong to helpers (spin locks, timers, kernel pointers): copies leave them alone, and who reads a copy finds zeroes.</summary>
/// <remarks>bpf_obj_memcpy, check_and_init_map_value and copy_map_value_locked in include/linux/bpf.h and kernel/bpf/helpers.c.</remarks>
internal sealed unsafe class ValueFields
{
    private readonly SpecialField[] _fields;
    private readonly uint _valueSize;
    private readonly int _lock = -1;

    private ValueFields(SpecialField[] fields, uint valueSize)
    {
        _fields = fields;
        _valueSize = valueSize;
        foreach (SpecialField field in fields)
        {
            if (field.Kind == SpecialFieldKind.SpinLock)
                _lock = field.Offset;
            if (field.Kind == SpecialFieldKind.Timer)
                TimerOffset = field.Offset;
        }
    }

    /// <summary>Where values have their timer; -1 where they have none.</summary>
    public int TimerOffset { get; } = -1;

    /// <summary>Whether values can be copied under their lock.</summary>
    public bool HasLock => _lock >= 0;

    /// <summary>The special fields of a map's values; null where there are none, or where the type of map has values without them.</summary>
    public static ValueFields? Of(MapSpec spec)
    {
        if (spec.Type is not (MapType.Array or MapType.Hash or MapType.LruHash or MapType.CgroupStorage or MapType.SkStorage or MapType.InodeStorage or MapType.TaskStorage or MapType.CgrpStorage))
            return null;
        SpecialField[] fields = [.. MapTable.FindSpecialFields(spec).Where(field => field.Offset + field.Size <= spec.ValueSize)];
        return fields.Length == 0 ? null : new ValueFields(fields, spec.ValueSize);
    }

    /// <summary>Copies what lies between the special fields.</summary>
    public void CopyAround(byte* to, byte* from)
    {
        int start = 0;
        foreach (SpecialField field in _fields)
        {
            if (field.Offset > start)
                Unsafe.CopyBlockUnaligned(to + start, from + start, (uint)(field.Offset - start));
            start = Math.Max(start, field.Offset + field.Size);
        }

        Unsafe.CopyBlockUnaligned(to + start, from + start, _valueSize - (uint)start);
    }

    /// <summary>Sets the special fields to zero: of a value that is new, or of a copy.</summary>
    public void Clear(byte* value)
    {
        foreach (SpecialField field in _fields)
            Unsafe.InitBlockUnaligned(value + field.Offset, 0, (uint)field.Size);
    }

    /// <summary>Copies into or out of a value whose lock is the one given, while it is held.</summary>
    public void CopyLocked(byte* to, byte* from, byte* locked)
    {
        NativeLock.Acquire((int*)(locked + _lock));
        CopyAround(to, from);
        NativeLock.Release((int*)(locked + _lock));
    }
}
