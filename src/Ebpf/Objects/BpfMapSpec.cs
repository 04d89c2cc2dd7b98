using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;

namespace Ebpf;

/// <summary>A map of an object: what the file says, and how it is to be created. Plain data; for one thread.</summary>
public sealed class BpfMapSpec
{
    private readonly List<BpfMapEntry> _entries = [];
    private byte[]? _data;
    private MapType _type;
    private uint _keySize;
    private uint _valueSize;
    private uint _maxEntries;
    private MapFlags _flags;
    private uint _numaNode;
    private ulong _extra;
    private MapPinning _pinning;
    private string? _pinPath;
    private bool _autoCreate;
    private BpfMap? _reused;

    internal BpfMapSpec(MapImage image, BtfView? types, BpfMapSpec? owner = null)
    {
        Image = image;
        Types = types;
        Owner = owner;
        _type = image.Type;
        _keySize = image.KeySize;
        _valueSize = image.ValueSize;
        _maxEntries = image.MaxEntries;
        _flags = image.Flags;
        _numaNode = image.NumaNode;
        _extra = image.Extra;
        _pinning = image.Pinning;
        _autoCreate = image.AutoCreate;
        Inner = image.Inner is { } inner ? new BpfMapSpec(inner, types, this) : null;
    }

    internal MapImage Image { get; }

    internal BtfView? Types { get; }

    /// <summary>Memory of the caller's that the map is to be created on; null for the platform's own.</summary>
    internal Bytecode.Specs.MapStorage? Storage { get; set; }

    /// <summary>What inner maps are like, in place of the file's own template; null for that.</summary>
    internal Bytecode.Specs.MapSpec? InnerTemplate { get; set; }

    /// <summary>The map whose inner template this is.</summary>
    private BpfMapSpec? Owner { get; }

    /// <summary>The initial bytes of global data, as far as there are any: zeros follow. The file's own until something is changed.</summary>
    /// <remarks>A few bytes of file can ask for 2 GiB of .bss: zeros take memory only when they are edited, or loaded.</remarks>
    internal ReadOnlyMemory<byte> Data => _data ?? (IsInternal ? Image.InitialData[..(int)Math.Min((uint)Image.InitialData.Length, _valueSize)] : default);

    /// <summary>Its name.</summary>
    public string Name => Image.Name;

    /// <summary>The section it is defined in.</summary>
    public string SectionName => Image.SectionName;

    /// <summary>Its type.</summary>
    public MapType Type { get => _type; set => Edit(ref _type, value); }

    /// <summary>Bytes in a key.</summary>
    public uint KeySize { get => _keySize; set => Edit(ref _keySize, value); }

    /// <summary>Bytes in a value. For global data it can be changed too: it grows by zeros, or is cut off.</summary>
    public uint ValueSize
    {
        get => _valueSize;
        set
        {
            if (IsInternal)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThan(value, (uint)Array.MaxLength);
            }

            if (_data is not null)
            {
                Array.Resize(ref _data, (int)value);
            }

            Edit(ref _valueSize, value);
        }
    }

    /// <summary>Capacity in elements; bytes for a ring buffer.</summary>
    public uint MaxEntries { get => _maxEntries; set => Edit(ref _maxEntries, value); }

    /// <summary>Flags of its creation.</summary>
    public MapFlags Flags { get => _flags; set => Edit(ref _flags, value); }

    /// <summary>NUMA node, where <see cref="MapFlags.NumaNode"/> is set.</summary>
    public uint NumaNode { get => _numaNode; set => Edit(ref _numaNode, value); }

    /// <summary>Type-specific extra (a Bloom filter's number of hashes, an arena's address).</summary>
    public ulong Extra { get => _extra; set => Edit(ref _extra, value); }

    /// <summary>How it is pinned when the object is loaded.</summary>
    public MapPinning Pinning { get => _pinning; set => Edit(ref _pinning, value); }

    /// <summary>Where it is pinned; null for <see cref="LoadOptions.PinRoot"/> and its name, where it is pinned by name.</summary>
    public string? PinPath { get => _pinPath; set => Edit(ref _pinPath, value); }

    /// <summary>Whether it is created with the object. A program that uses one that is not is refused, unless it is off too.</summary>
    public bool AutoCreate { get => _autoCreate; set => Edit(ref _autoCreate, value); }

    /// <summary>The template of inner maps, of a map of maps; null for every other.</summary>
    public BpfMapSpec? Inner { get; }

    /// <summary>The programs or maps that it holds from the start, by the file's own initialiser.</summary>
    public IReadOnlyList<BpfMapSlot> Slots => [.. Image.Slots.Select(static slot => new BpfMapSlot(slot.Index, slot.Name))];

    /// <summary>The elements that it is given when the object is loaded; see <see cref="AddEntry"/>.</summary>
    public IReadOnlyList<BpfMapEntry> Entries => _entries;

    /// <summary>Whether it holds global variables (.data, .rodata, .bss, .kconfig).</summary>
    public bool IsInternal => Image.IsInternal;

    /// <summary>Whether nothing changes it once the object is loaded (.rodata).</summary>
    public bool IsFrozen => Image.IsFrozen;

    /// <summary>Whether it is defined in a <c>maps</c> section, as loaders took before libbpf 1.0.</summary>
    public bool IsLegacy => Image.Kind == MapKind.Legacy;

    /// <summary>Whether anything of it was changed since the file was opened: then it is created even if no selected program uses it.</summary>
    public bool IsEdited { get; private set; }

    /// <summary>The map of another loaded object that takes this one's place; null to create one.</summary>
    public BpfMap? Reused => _reused;

    /// <summary>Gives it an element when the object is loaded.</summary>
    public void AddEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _entries.Add(new BpfMapEntry(key.ToArray(), value.ToArray()));
        MarkEdited();
    }

    /// <summary>Uses a map of another loaded object instead of creating one. It must be of the same type and sizes.</summary>
    public void Reuse(BpfMap map)
    {
        _reused = map;
        MarkEdited();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Type.Text()})";

    internal void ReadData(int offset, Span<byte> bytes)
    {
        bytes.Clear();
        ReadOnlySpan<byte> data = Data.Span;
        if (offset < data.Length)
        {
            data[offset..Math.Min(data.Length, offset + bytes.Length)].CopyTo(bytes);
        }
    }

    internal void WriteData(int offset, ReadOnlySpan<byte> bytes)
    {
        if (_data is null)
        {
            var data = new byte[_valueSize];
            Data.CopyTo(data);
            _data = data;
        }

        bytes.CopyTo(_data.AsSpan(offset));
        MarkEdited();
    }

    private void Edit<T>(ref T field, T value)
    {
        if (!EqualityComparer<T>.Default.Equals(field, value))
        {
            field = value;
            MarkEdited();
        }
    }

    private void MarkEdited()
    {
        IsEdited = true;
        Owner?.MarkEdited();
    }
}

/// <summary>A slot of a PROG_ARRAY or map of maps that the file fills.</summary>
/// <param name="Index">The slot, or key.</param>
/// <param name="Target">The program or map in it.</param>
public readonly record struct BpfMapSlot(int Index, string Target);
