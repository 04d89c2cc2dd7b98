using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>
/// The context that a type of program gets in R1: its fields as programs see them, and where the engine keeps them. Fields that hold a pointer are
/// 32 bits wide for the program on Linux and 64 bits in the engine's memory, behind the program-visible bytes.
/// </summary>
/// <param name="Name">The C type, e.g. <c>struct xdp_md</c>.</param>
/// <param name="Size">Bytes that the program sees.</param>
/// <param name="Fields">The fields, ascending by offset; bytes in no field cannot be accessed, except where <paramref name="IsOpen"/>.</param>
/// <param name="IsOpen">Whether any aligned load within <paramref name="Size"/> is allowed (tracepoint records, registers, raw arguments).</param>
public sealed record ContextLayout(string Name, int Size, ImmutableArray<ContextField> Fields, bool IsOpen = false)
{
    /// <summary>Bytes that the engine keeps: what the program sees, then 8 bytes for each pointer field.</summary>
    public int NativeSize { get; } = Fields.Aggregate((Size + 7) & ~7, (size, field) => Math.Max(size, field.NativeOffset + (field.IsPointer ? 8 : field.Size)));
}

/// <summary>A field of a context.</summary>
/// <param name="Name">Its name in C.</param>
/// <param name="Offset">Its offset for the program.</param>
/// <param name="Size">Its size for the program.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="IsWritable">Whether programs of this type may write it.</param>
/// <param name="AllowsNarrow">Whether parts of it may be loaded.</param>
/// <param name="NativeOffset">Where the engine keeps it: <paramref name="Offset"/> for plain fields.</param>
public readonly record struct ContextField(string Name, int Offset, int Size, ContextFieldKind Kind, bool IsWritable, bool AllowsNarrow, int NativeOffset)
{
    /// <summary>Whether the engine keeps a 64-bit pointer for it.</summary>
    public bool IsPointer => Kind is not ContextFieldKind.Scalar;
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

    /// <summary>A socket, may be null.</summary>
    SocketOrNull,

    /// <summary>Flow keys of a flow dissector.</summary>
    FlowKeys,

    /// <summary>An object typed by the kernel's BTF.</summary>
    BtfObject,
}
