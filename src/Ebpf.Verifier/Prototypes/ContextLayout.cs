using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>
/// The context that a type of program gets in R1: its fields as programs see them, and where the engine keeps them. Fields that hold a pointer are
/// kept as 64-bit values: those that are 32 bits wide for the program lie behind the program-visible bytes, the others in place.
/// </summary>
/// <param name="Name">The C type, e.g. <c>struct xdp_md</c>.</param>
/// <param name="Size">Bytes that the program sees.</param>
/// <param name="Fields">The fields, ascending by offset; bytes in no field cannot be accessed, except where <paramref name="IsOpen"/>.</param>
/// <param name="IsOpen">Whether any load within <paramref name="Size"/> is allowed that touches no pointer, aligned or not, and any store within a writable field.</param>
public sealed record ContextLayout(string Name, int Size, ImmutableArray<ContextField> Fields, bool IsOpen = false)
{
    /// <summary>Bytes that the engine keeps: what the program sees, then 8 bytes for each narrow pointer field.</summary>
    public int NativeSize { get; } = Fields.Aggregate((Size + 7) & ~7, (size, field) => Math.Max(size, field.NativeOffset + (field.IsPointer ? 8 : field.Size)));

    /// <summary>The index of the field that all the accessed bytes belong to; -1 where there is none.</summary>
    public int IndexOf(int offset, int size)
    {
        int low = 0, high = Fields.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ContextField field = Fields[middle];
            if (offset < field.Offset)
                high = middle - 1;
            else if (offset >= field.Offset + field.Size)
                low = middle + 1;
            else
                return offset + size <= field.Offset + field.Size ? middle : -1;
        }
        return -1;
    }

    /// <summary>Whether programs may load these bytes; <paramref name="field"/> is the field that they belong to, -1 where they belong to none.</summary>
    public bool AllowsLoad(int offset, int size, out int field)
    {
        field = IndexOf(offset, size);
        if (offset < 0 || offset + size > Size)
            return false;
        if (field >= 0 && (Fields[field].IsPointer || !IsOpen))
            return Fields[field].Allows(Fields[field].Loads, offset, size);
        return IsOpen && !Fields.Any(f => f.IsPointer && offset < f.Offset + f.Size && f.Offset < offset + size);
    }

    /// <summary>Whether programs may store to these bytes.</summary>
    public bool AllowsStore(int offset, int size, out int field)
    {
        field = IndexOf(offset, size);
        return field >= 0 && (IsOpen ? Fields[field].IsWritable : Fields[field].Allows(Fields[field].Stores, offset, size));
    }
}

/// <summary>A field of a context.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Offset">Its offset for the program.</param>
/// <param name="Size">Its size for the program, of an array all of it.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Loads">The sizes in which programs of this type may load from it, aligned.</param>
/// <param name="Stores">The sizes in which they may store to it, aligned.</param>
/// <param name="NativeOffset">Where the engine keeps it: <paramref name="Offset"/> for all but narrow pointers.</param>
/// <param name="Type">The name of the BTF type of the object that it points to, where it has one.</param>
public readonly record struct ContextField(string Name, int Offset, int Size, ContextFieldKind Kind, AccessSizes Loads, AccessSizes Stores, int NativeOffset, string? Type = null)
{
    /// <summary>Whether the engine keeps a 64-bit pointer for it.</summary>
    public bool IsPointer => Kind is not ContextFieldKind.Scalar;

    /// <summary>Whether programs of this type may write it.</summary>
    public bool IsWritable => Stores != AccessSizes.None;

    /// <summary>Whether parts of it may be loaded.</summary>
    public bool AllowsNarrow => ((int)Loads & (Size - 1)) != 0;

    internal bool Allows(AccessSizes sizes, int offset, int size) =>
        ((int)sizes & size) != 0 && offset % size == 0 && offset >= Offset && offset + size <= Offset + Size;
}

/// <summary>A set of sizes of access; each member's value is its size in bytes.</summary>
[Flags]
public enum AccessSizes : byte
{
    /// <summary>No access.</summary>
    None = 0,

    /// <summary>One byte.</summary>
    One = 1,

    /// <summary>Two bytes.</summary>
    Two = 2,

    /// <summary>Four bytes.</summary>
    Four = 4,

    /// <summary>Eight bytes.</summary>
    Eight = 8,
}

/// <summary>What a context field holds.</summary>
public enum ContextFieldKind : byte
{
    /// <summary>A number.</summary>
    Scalar,

    /// <summary>The start of packet data.</summary>
    PacketData,

    /// <summary>The end of packet data.</summary>
    PacketEnd,

    /// <summary>The start of packet metadata.</summary>
    PacketMeta,

    /// <summary>A socket of whichever kind, may be null.</summary>
    SocketOrNull,

    /// <summary>Flow keys of a flow dissector.</summary>
    FlowKeys,

    /// <summary>An object typed by the kernel's BTF.</summary>
    BtfObject,

    /// <summary>A full socket.</summary>
    FullSocket,

    /// <summary>A full socket, may be null.</summary>
    FullSocketOrNull,
}
