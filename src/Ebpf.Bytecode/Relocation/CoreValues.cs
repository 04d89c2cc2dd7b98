using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Computes what a relocation asks for, once the path is known in both type informations.</summary>
internal static class CoreValues
{
    /// <summary>The answer for a path in the program's types and its counterpart in the target; null where the target has none.</summary>
    /// <exception cref="BpfException">The question makes no sense for what the path leads to.</exception>
    public static CoreResolution Resolve(CoreSpec local, CoreSpec? target)
    {
        if (local.Kind.IsFieldBased())
            return ResolveField(local, target);
        if (local.Kind.IsTypeBased())
            return ResolveType(local, target);
        return ResolveEnumerator(local, target);
    }

    private static CoreResolution ResolveField(CoreSpec local, CoreSpec? target)
    {
        if (local.Kind == CoreRelocationKind.FieldExists)
            return new CoreResolution { OriginalValue = 1, Value = target is null ? 0u : 1u, IsChecked = true };

        FieldAnswer original = Field(local);
        if (target is null)
            return new CoreResolution { OriginalValue = original.Value, IsChecked = original.IsExact, IsUnresolved = true };

        FieldAnswer answer = Field(target);
        return new CoreResolution
        {
            OriginalValue = original.Value,
            Value = answer.Value,
            IsChecked = original.IsExact,
            OriginalSize = original.Size,
            Size = answer.Size,
            ForbidsOtherSize = original.Size != answer.Size && !MayResize(local.View[original.TypeId], target.View[answer.TypeId]),
        };
    }

    /// <summary>Pointers, and integers without sign, keep their value when they are zero-extended from another size.</summary>
    private static bool MayResize(in BtfType original, in BtfType target) =>
        (original.Kind == BtfKind.Ptr && target.Kind == BtfKind.Ptr) || (IsUnsigned(original) && IsUnsigned(target));

    private static bool IsUnsigned(in BtfType type) => type.Kind == BtfKind.Int && type.Int is not { IsSigned: true, IsChar: false, IsBool: false };

    private static FieldAnswer Field(CoreSpec spec) => spec.Last.IsNamed ? Member(spec) : Element(spec);

    private static FieldAnswer Element(CoreSpec spec)
    {
        uint id = spec.Last.TypeId;
        return spec.Kind switch
        {
            CoreRelocationKind.FieldByteOffset => new FieldAnswer(spec.BitOffset / 8, IsExact: true, SizeOfElement(spec.View, id), id),
            CoreRelocationKind.FieldByteSize => new FieldAnswer(SizeOf(spec.View, id), IsExact: true),
            _ => throw new BpfException($"{spec.Kind.Text()} cannot be asked about an element of an array", Errno.EINVAL),
        };
    }

    private static FieldAnswer Member(CoreSpec spec)
    {
        BtfMember member = spec.View[spec.Last.TypeId].Members[spec.Last.Index];
        BtfType type = spec.View.SkipModifiers(member.Type);
        bool isBitfield = member.BitfieldSize > 0;
        Placement place = isBitfield ? OfBitfield(spec, type, (uint)member.BitfieldSize) : OfWhole(spec, type);

        // Where a bit-field is loaded from is the compiler's choice; its sign and size are not.
        return spec.Kind switch
        {
            CoreRelocationKind.FieldByteOffset when isBitfield => new FieldAnswer(place.Offset, IsExact: false),
            CoreRelocationKind.FieldByteOffset => new FieldAnswer(place.Offset, IsExact: true, SizeOfElement(spec.View, type.Id), type.Id),
            CoreRelocationKind.FieldByteSize => new FieldAnswer(place.Size, !isBitfield),
            CoreRelocationKind.FieldSigned => new FieldAnswer(IsSigned(type) ? 1u : 0u, IsExact: true),
            CoreRelocationKind.FieldLeftShift => new FieldAnswer(LeftShift(spec, place), !isBitfield),
            _ => new FieldAnswer(unchecked(64 - place.Bits), IsExact: true),
        };
    }

    private static Placement OfWhole(CoreSpec spec, in BtfType type)
    {
        uint size = SizeOf(spec.View, type.Id);
        return new Placement(spec.BitOffset / 8, size, unchecked(size * 8));
    }

    /// <summary>The smallest aligned load that has all bits of a bit-field, not smaller than its type.</summary>
    private static Placement OfBitfield(CoreSpec spec, in BtfType type, uint bits)
    {
        uint size = type.Size;
        if (size == 0)
            throw new BpfException($"{spec.View.Name}: {type} cannot be a bit-field", Errno.EINVAL);

        while (true)
        {
            uint offset = spec.BitOffset / 8 / size * size;
            if (unchecked(spec.BitOffset + bits - offset * 8) <= (ulong)size * 8)
                return new Placement(offset, size, bits);
            if (size >= 8)
                throw new BpfException("a bit-field that spans two 64-bit words cannot be read at once", Errno.E2BIG);
            size *= 2;
        }
    }

    /// <summary>How far a 64-bit word that holds the field is shifted left so that the field's highest bit is the word's.</summary>
    private static uint LeftShift(CoreSpec spec, Placement place)
    {
        unchecked
        {
            uint bitsBefore = spec.BitOffset - place.Offset * 8;
            return spec.View.IsLittleEndian ? 64 - (bitsBefore + place.Bits) : (8 - place.Size) * 8 + bitsBefore;
        }
    }

    private static bool IsSigned(in BtfType type) => (type.IsEnum && type.KindFlag) || (type.Kind == BtfKind.Int && type.Int.IsSigned);

    private static CoreResolution ResolveType(CoreSpec local, CoreSpec? target) => new()
    {
        OriginalValue = TypeValue(local),
        Value = target is null ? 0 : TypeValue(target),
        // Linkers renumber types and do not look into instructions.
        IsChecked = local.Kind != CoreRelocationKind.TypeIdTarget,
    };

    private static ulong TypeValue(CoreSpec spec) => spec.Kind switch
    {
        CoreRelocationKind.TypeIdTarget => spec.RootType,
        CoreRelocationKind.TypeSize => SizeOf(spec.View, spec.RootType),
        _ => 1,
    };

    private static CoreResolution ResolveEnumerator(CoreSpec local, CoreSpec? target)
    {
        if (local.Kind == CoreRelocationKind.EnumeratorExists)
            return new CoreResolution { OriginalValue = 1, Value = target is null ? 0u : 1u, IsChecked = true };
        return new CoreResolution
        {
            OriginalValue = EnumeratorValue(local),
            Value = target is null ? 0 : EnumeratorValue(target),
            IsChecked = true,
            IsUnresolved = target is null,
        };
    }

    /// <summary>32-bit values are extended by their sign, whatever the enumeration says: so do libbpf and the kernel.</summary>
    private static ulong EnumeratorValue(CoreSpec spec)
    {
        BtfType type = spec.View[spec.Accessors[0].TypeId];
        long value = type.Enumerators[spec.Accessors[0].Index].Value;
        return (ulong)(type.Kind == BtfKind.Enum64 ? value : (int)value);
    }

    /// <summary>For arrays of arrays, what a load of the member moves: one element.</summary>
    private static uint SizeOfElement(BtfView types, uint id)
    {
        BtfType type = types.SkipModifiers(id);
        for (int depth = 0; type.Kind == BtfKind.Array; depth++)
        {
            if (depth == CoreSpec.MaxLength)
                throw new BpfException($"{types.Name}: {types[id]} is nested too deeply", Errno.EINVAL);
            type = types.SkipModifiers(type.Array.ElementType);
        }

        return SizeOf(types, type.Id);
    }

    private static uint SizeOf(BtfView types, uint id) =>
        types.TrySizeOf(id, out uint size) == Errno.None ? size : throw new BpfException($"{types.Name}: {types[id]} has no size", Errno.EINVAL);

    /// <summary>Where a member is loaded from.</summary>
    private readonly record struct Placement(uint Offset, uint Size, uint Bits);

    /// <summary>What is known of a member in one type information: the value asked for, whether the compiler must agree, and the bytes that a load of it moves.</summary>
    private readonly record struct FieldAnswer(ulong Value, bool IsExact, uint Size = 0, uint TypeId = 0);
}
