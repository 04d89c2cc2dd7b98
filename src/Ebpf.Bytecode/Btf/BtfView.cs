using System.Runtime.CompilerServices;
using System.Text;

namespace Ebpf.Bytecode.Btf;

/// <summary>
/// Type information read in place: an index over the bytes of a .BTF section; types are decoded when they are asked for. Immutable, safe for
/// concurrent use.
/// </summary>
/// <remarks>
/// Documentation/bpf/btf.rst in the kernel tree. Opening costs one walk over the types and four bytes for each, whatever they contain. Damage
/// in a type shows when the type is used, as a <see cref="BpfException"/>; <see cref="Validate()"/> looks for it at once.
/// </remarks>
public sealed partial class BtfView
{
    private readonly ReadOnlyMemory<byte> _types;
    private readonly ReadOnlyMemory<byte> _strings;
    private readonly BtfLayout _layout;
    private readonly int[] _offsets;
    private readonly uint _firstId;
    private readonly uint _firstString;

    private BtfView(ReadOnlyMemory<byte> bytes, string name, BtfView? baseView)
    {
        BtfHeader header = BtfHeader.Read(bytes.Span, name);
        if (baseView is not null && baseView.IsLittleEndian != header.IsLittleEndian)
            throw new BpfException($"{name}: its byte order is not that of its base, {baseView.Name}", Errno.EINVAL);

        Name = name;
        Bytes = bytes;
        Base = baseView;
        IsLittleEndian = header.IsLittleEndian;
        _types = bytes.Slice(header.TypesOffset, header.TypesLength);
        _strings = bytes.Slice(header.StringsOffset, header.StringsLength);
        _layout = header.LayoutLength == 0 && baseView is not null ? baseView._layout : new BtfLayout(bytes.Slice(header.LayoutOffset, header.LayoutLength));
        _firstId = baseView?.TypeCount ?? 1;
        _firstString = baseView is null ? 0 : baseView._firstString + (uint)baseView._strings.Length;
        CheckStrings();
        _offsets = BtfIndex.Build(new BoundedReader(_types.Span, IsLittleEndian, name), _layout, _firstId, name);
    }

    /// <summary>How messages name it: the file or section that it came from.</summary>
    public string Name { get; }

    /// <summary>The type information that this one continues (a kernel module's continues vmlinux'); null where it stands alone.</summary>
    public BtfView? Base { get; }

    /// <summary>The byte order it is written in, which is that of the machine it describes.</summary>
    public bool IsLittleEndian { get; }

    /// <summary>All of its bytes, as they were given.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>One more than the greatest type id; with the types of <see cref="Base"/> and with <c>void</c> at id 0.</summary>
    public uint TypeCount => _firstId + (uint)_offsets.Length;

    /// <summary>The first id that is this view's own: 1, or the count of <see cref="Base"/>.</summary>
    public uint FirstId => _firstId;

    /// <summary>A type by its id.</summary>
    /// <exception cref="BpfException">There is no type with that id.</exception>
    public BtfType this[uint id]
    {
        get
        {
            if (id == 0)
                return BtfType.Void(this);
            if (id < _firstId)
                return Base![id];
            if (id - _firstId >= (uint)_offsets.Length)
                ThrowNoType(id);
            return new BtfType(this, id, _offsets[id - _firstId]);
        }
    }

    /// <summary>Where the record of a type of this view begins, counted from the first.</summary>
    internal int OffsetOf(uint id) => _offsets[id - _firstId];

    /// <summary>Whether there is a type with that id.</summary>
    public bool Contains(uint id) => id < TypeCount;

    /// <summary>The types of this view (not those of <see cref="Base"/>), by ascending id, without <c>void</c>.</summary>
    public BtfTypes Types => new(this);

    /// <summary>Reads type information. It is not copied: the bytes must not change while the view is used.</summary>
    /// <param name="bytes">What a .BTF section or a file below /sys/kernel/btf holds.</param>
    /// <param name="name">How messages are to name it.</param>
    /// <param name="base">The type information that it continues, if any.</param>
    /// <exception cref="BpfException">It is damaged, or of a version or kind that is not known.</exception>
    public static BtfView Read(ReadOnlyMemory<byte> bytes, string name = "BTF", BtfView? @base = null) => new(bytes, name, @base);

    /// <summary>The string at an offset, in place and without terminating zero.</summary>
    /// <exception cref="BpfException">The offset lies outside the strings.</exception>
    // Asked once for each type of a kernel when its names are indexed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<byte> StringBytes(uint offset)
    {
        if (offset < _firstString)
            return Base!.StringBytes(offset);

        uint own = offset - _firstString;
        if (own >= (uint)_strings.Length)
        {
            // An empty table still has the empty string.
            if (offset == 0)
                return default;
            ThrowNoString(offset);
        }

        ReadOnlySpan<byte> rest = _strings.Span[(int)own..];
        // The table was seen to end with a zero.
        return rest[..rest.IndexOf((byte)0)];
    }

    /// <summary>The string at an offset.</summary>
    /// <exception cref="BpfException">The offset lies outside the strings.</exception>
    public string String(uint offset) => offset == 0 ? "" : Encoding.UTF8.GetString(StringBytes(offset));

    internal bool HasString(uint offset) => offset < _firstString + (uint)_strings.Length || offset == 0;

    /// <summary>A checked reader of the types, in which <see cref="BtfType"/> finds its parts.</summary>
    internal BoundedReader TypeReader => new(_types.Span, IsLittleEndian, Name);

    internal BpfException Damaged(uint id, string what) => new($"{Name}: type [{id}] {what}; the type information is damaged", Errno.EINVAL);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {TypeCount - _firstId} types";

    private void CheckStrings()
    {
        ReadOnlySpan<byte> strings = _strings.Span;
        if (strings.IsEmpty)
            return;
        if (strings[^1] != 0)
            throw new BpfException($"{Name}: the strings do not end with a zero", Errno.EINVAL);
        if (Base is null && strings[0] != 0)
            throw new BpfException($"{Name}: the strings do not begin with an empty one; it continues another BTF, which must be given as its base", Errno.EINVAL);
    }

    private void ThrowNoType(uint id) => throw new BpfException($"{Name}: there is no type [{id}]: ids end at {TypeCount - 1}", Errno.EINVAL);

    private void ThrowNoString(uint offset) =>
        throw new BpfException($"{Name}: string offset 0x{offset:x} lies outside the 0x{_strings.Length:x} bytes of strings; the type information is damaged", Errno.EINVAL);
}
