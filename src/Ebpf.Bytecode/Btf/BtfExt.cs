using System.Collections.Immutable;

namespace Ebpf.Bytecode.Btf;

/// <summary>What a section .BTF.ext tells about the code, section by section: functions, source lines, CO-RE relocations. Read in place.</summary>
/// <remarks>Documentation/bpf/btf.rst §4; 'struct btf_ext_header' in libbpf_internal.h. Names and strings are in the .BTF beside it.</remarks>
internal sealed class BtfExt
{
    private const ushort Magic = 0xeb9f;
    private const uint ShortestHeader = 24, HeaderWithRelocations = 32;

    private BtfExt(ReadOnlyMemory<byte> bytes, BtfView types, string name)
    {
        bool littleEndian = BtfHeader.DetectByteOrder(bytes.Span, name, Magic, ".BTF.ext");
        var reader = new BoundedReader(bytes.Span, littleEndian, name);
        if (reader.Byte(2) is not 1 and byte version)
            throw new BpfException($"{name}: version {version} at offset 2 is not known; version 1 is", Errno.EOPNOTSUPP);
        if (reader.Byte(3) is not 0 and byte flags)
            throw new BpfException($"{name}: flags 0x{flags:x} at offset 3 are not known", Errno.EOPNOTSUPP);

        uint length = reader.UInt32(4);
        if (length < ShortestHeader || length > (uint)bytes.Length)
            throw new BpfException($"{name}: header length {length} at offset 4 is not between {ShortestHeader} and the section's size, {bytes.Length}", Errno.EINVAL);

        Types = types;
        Functions = BtfExtTable<FunctionInfo>.Read(bytes, reader, types, length, 8, name + ": func_info");
        Lines = BtfExtTable<LineInfo>.Read(bytes, reader, types, length, 16, name + ": line_info");
        Relocations = length >= HeaderWithRelocations
            ? BtfExtTable<CoreRelocation>.Read(bytes, reader, types, length, 24, name + ": core_relo")
            : BtfExtTable<CoreRelocation>.Empty;
    }

    /// <summary>The type information beside it, which holds its names.</summary>
    public BtfView Types { get; }

    /// <summary>The functions of each section of code.</summary>
    public BtfExtTable<FunctionInfo> Functions { get; }

    /// <summary>The source lines of each section of code.</summary>
    public BtfExtTable<LineInfo> Lines { get; }

    /// <summary>The CO-RE relocations of each section of code.</summary>
    public BtfExtTable<CoreRelocation> Relocations { get; }

    /// <summary>Reads a section .BTF.ext; <paramref name="name"/> is how messages call it.</summary>
    /// <exception cref="BpfException">It is damaged.</exception>
    public static BtfExt Read(ReadOnlyMemory<byte> bytes, BtfView types, string name = ".BTF.ext") => new(bytes, types, name);
}

/// <summary>One kind of record of .BTF.ext, by section.</summary>
internal sealed class BtfExtTable<T>
    where T : struct, IBtfExtRecord<T>
{
    private Dictionary<string, BtfExtRecords<T>>? _byName;

    private BtfExtTable(ImmutableArray<BtfExtSection<T>> sections) => Sections = sections;

    public static BtfExtTable<T> Empty { get; } = new([]);

    /// <summary>The sections of code that have such records, in the file's order.</summary>
    public ImmutableArray<BtfExtSection<T>> Sections { get; }

    /// <summary>The records of the first section of that name; none where there is no such section.</summary>
    public BtfExtRecords<T> For(string section)
    {
        if (_byName is null)
        {
            var byName = new Dictionary<string, BtfExtRecords<T>>(StringComparer.Ordinal);
            foreach (BtfExtSection<T> candidate in Sections)
                byName.TryAdd(candidate.Name, candidate.Records);
            // Threads that come at the same time may build it twice; either is right.
            _byName = byName;
        }

        return _byName.GetValueOrDefault(section);
    }

    internal static BtfExtTable<T> Read(ReadOnlyMemory<byte> bytes, in BoundedReader header, BtfView types, uint headerLength, ulong field, string name)
    {
        uint relative = header.UInt32(field);
        uint length = header.UInt32(field + 4);
        if (length == 0)
            return Empty;

        ulong start = (ulong)headerLength + relative;
        if (start + length > (ulong)bytes.Length)
            throw new BpfException($"{name}: {length} bytes at offset 0x{start:x} lie beyond the section's end at 0x{bytes.Length:x}", Errno.EINVAL);

        ReadOnlyMemory<byte> table = bytes.Slice((int)start, (int)length);
        var reader = new BoundedReader(table.Span, header.IsLittleEndian, name);
        uint recordLength = reader.UInt32(0);
        if (recordLength < (uint)T.Length || recordLength % 4 != 0)
            throw new BpfException($"{name}: records of {recordLength} bytes at offset 0x{start:x}, where at least {T.Length} are expected", Errno.EINVAL);

        return new BtfExtTable<T>(ReadSections(table, reader, types, recordLength, name));
    }

    private static ImmutableArray<BtfExtSection<T>> ReadSections(ReadOnlyMemory<byte> table, in BoundedReader reader, BtfView types, uint recordLength, string name)
    {
        var sections = ImmutableArray.CreateBuilder<BtfExtSection<T>>();
        for (ulong offset = 4; offset < (ulong)table.Length;)
        {
            uint sectionName = reader.UInt32(offset);
            uint count = reader.UInt32(offset + 4);
            offset += 8;
            ulong length = (ulong)count * recordLength;
            if (length > (ulong)table.Length - offset)
                throw new BpfException($"{name}: {count} records of {recordLength} bytes at offset 0x{offset:x} lie beyond its end at 0x{table.Length:x}", Errno.EINVAL);
            var records = new BtfExtRecords<T>(table.Slice((int)offset, (int)length), reader.IsLittleEndian, (int)recordLength, (int)count);
            sections.Add(new BtfExtSection<T>(types, sectionName, records));
            offset += length;
        }

        return sections.ToImmutable();
    }
}

/// <summary>The records of a section of code.</summary>
internal sealed class BtfExtSection<T>(BtfView types, uint nameOffset, BtfExtRecords<T> records)
    where T : struct, IBtfExtRecord<T>
{
    private string? _name;

    /// <summary>The name of the section of code; "" where it lies outside the strings, so that the records are for nothing.</summary>
    public string Name => _name ??= types.HasString(nameOffset) ? types.String(nameOffset) : "";

    public BtfExtRecords<T> Records { get; } = records;
}

/// <summary>Records in place, decoded when they are asked for; walking them allocates nothing.</summary>
internal readonly struct BtfExtRecords<T>
    where T : struct, IBtfExtRecord<T>
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly bool _littleEndian;
    private readonly int _recordLength;

    internal BtfExtRecords(ReadOnlyMemory<byte> bytes, bool littleEndian, int recordLength, int count)
    {
        _bytes = bytes;
        _littleEndian = littleEndian;
        _recordLength = recordLength;
        Count = count;
    }

    public int Count { get; }

    public T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return T.Read(new BoundedReader(_bytes.Span.Slice(index * _recordLength, _recordLength), _littleEndian, ".BTF.ext record"));
        }
    }

    /// <summary>The index of the first record at an offset or after it: compilers write them in order. Where they are not, it is some index.</summary>
    public int FirstFrom(long offset)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (this[middle].Offset < offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    public Enumerator GetEnumerator() => new(this);

    public struct Enumerator(BtfExtRecords<T> records)
    {
        private readonly BtfExtRecords<T> _records = records;
        private int _index = -1;

        public readonly T Current => _records[_index];

        public bool MoveNext() => ++_index < _records.Count;
    }
}
