using System.Runtime.CompilerServices;

namespace Ebpf.Bytecode.Btf;

/// <summary>Finds where each type begins: the one walk over all types that opening costs.</summary>
internal static class BtfIndex
{
    /// <summary>Bytes of 'struct btf_type', with which every type begins.</summary>
    internal const int TypeLength = 12;

    // BTF_MAX_TYPE is 0x000fffff; libbpf reads more.
    private const int MaxTypes = 0x7fff_ffff / TypeLength;

    /// <summary>Offsets by id, from the first id on.</summary>
    // A kernel has more than a hundred thousand types, and most processes come here once: too seldom for code that is optimised step by step.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int[] Build(in BoundedReader types, in BtfLayout layout, uint firstId, string name)
    {
        int count = 0;
        for (ulong offset = 0; offset < (ulong)types.Length; count++)
            offset += LengthAt(types, layout, offset, firstId + (uint)count, name);
        if (count > MaxTypes - (int)firstId)
            throw new BpfException($"{name}: too many types", Errno.E2BIG);

        var offsets = new int[count];
        ulong next = 0;
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = (int)next;
            next += LengthAt(types, layout, next, firstId + (uint)i, name);
        }

        return offsets;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LengthAt(in BoundedReader types, in BtfLayout layout, ulong offset, uint id, string name)
    {
        if ((ulong)types.Length - offset < TypeLength)
            throw new BpfException($"{name}: type [{id}] at offset 0x{offset:x} of the types is cut short", Errno.EINVAL);

        uint info = types.UInt32(offset + 4);
        var kind = BtfInfo.Kind(info);
        uint? rest = layout.LengthOfRest(kind, BtfInfo.VLen(info));
        if (rest is not uint restLength)
            throw new BpfException($"{name}: type [{id}] at offset 0x{offset:x} of the types is of kind {(byte)kind}, which is not known; the BTF is damaged, or newer than this library", Errno.EINVAL);
        if (restLength > (ulong)types.Length - offset - TypeLength)
            throw new BpfException($"{name}: type [{id}] at offset 0x{offset:x} of the types takes {TypeLength + (ulong)restLength} bytes, beyond their end at 0x{types.Length:x}", Errno.EINVAL);
        return TypeLength + restLength;
    }
}

/// <summary>The 'info' word of 'struct btf_type' in include/uapi/linux/btf.h.</summary>
internal static class BtfInfo
{
    public static BtfKind Kind(uint info) => (BtfKind)((info >> 24) & 0x7f);

    public static uint VLen(uint info) => info & 0xff_ffff;

    public static bool KindFlag(uint info) => (info >> 31) != 0;
}

/// <summary>How many bytes follow the common part of a type: known for today's kinds, and told by newer BTF for its own ('struct btf_layout').</summary>
internal readonly struct BtfLayout(ReadOnlyMemory<byte> table)
{
    private const int EntryLength = 4;

    private readonly ReadOnlyMemory<byte> _table = table;

    /// <summary>Bytes after the common part; null where the kind is not known.</summary>
    public uint? LengthOfRest(BtfKind kind, uint vlen) => kind switch
    {
        BtfKind.Ptr or BtfKind.Fwd or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Func or BtfKind.Float or BtfKind.TypeTag => 0,
        BtfKind.Int or BtfKind.Var or BtfKind.DeclTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSec or BtfKind.Enum64 => vlen * 12,
        BtfKind.Enum or BtfKind.FuncProto => vlen * 8,
        _ => FromTable(kind, vlen),
    };

    private uint? FromTable(BtfKind kind, uint vlen)
    {
        int entry = (int)kind * EntryLength;
        if (kind == BtfKind.Void || entry + EntryLength > _table.Length)
            return null;
        byte info = _table.Span[entry];
        byte element = _table.Span[entry + 1];
        return info % 4 == 0 && element % 4 == 0 ? info + vlen * element : null;
    }
}
