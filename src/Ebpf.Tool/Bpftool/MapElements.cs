using System.Buffers.Binary;
using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux;
using Ebpf.Platforms.Linux.Introspection;

namespace Ebpf.Tool.Bpftool;

/// <summary>Keys and values of a map, in bytes and by their types, plain and in JSON.</summary>
/// <remarks>map.c of bpftool: print_entry_json, print_entry_plain, print_entry_error, do_dump_btf.</remarks>
internal sealed class MapElements(MapInfo map, TextWriter output)
{
    // Longer than this, keys and values have lines of their own.
    private const int LongestOnALine = 16;
    private const int LongestPairOnALine = 24;

    private readonly Lazy<BtfView?> _types = new(() => map.KernelValueType != 0 ? BtfView.OpenKernel()
        : map.ValueType != 0 ? LoadedBtf.Find(map.BtfId) ?? throw new BpftoolException("failed to get btf") : null);

    /// <summary>The types of key and value; null where the map has none.</summary>
    public BtfView? Types => _types.Value;

    public bool IsPerCpu { get; } = map.Type is MapType.PerCpuHash or MapType.PerCpuArray or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;

    public bool IsMapOfMaps { get; } = map.Type is MapType.ArrayOfMaps or MapType.HashOfMaps;

    /// <summary>Bytes of a value as it is looked up and updated.</summary>
    public int HostValueSize => IsPerCpu ? Stride * PossibleCpus.Count : (int)map.ValueSize;

    public int Stride => ((int)map.ValueSize + 7) & ~7;

    private int KeySize => (int)map.KeySize;

    private int ValueSize => (int)map.ValueSize;

    public void WriteJson(JsonStream json, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        json.StartObject();
        json.Name("key").Bytes(key);
        if (!IsPerCpu)
        {
            json.Name("value").Bytes(value);
            if (IsMapOfMaps)
                json.Field("inner_map_id", BinaryPrimitives.ReadUInt32LittleEndian(value));
        }
        else
        {
            json.Name("values").StartArray();
            for (int cpu = 0; cpu * Stride < value.Length; cpu++)
            {
                json.StartObject();
                json.Field("cpu", cpu);
                json.Name("value").Bytes(value.Slice(cpu * Stride, ValueSize));
                json.EndObject();
            }

            json.EndArray();
        }

        if (Types is { } types)
        {
            json.Name("formatted");
            WriteTyped(json, new TypedValues(types, json, isPlain: false), key, value);
        }

        json.EndObject();
    }

    /// <summary>By types, for plain output.</summary>
    public void WriteTyped(JsonStream json, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        WriteTyped(json, new TypedValues(Types!, json, isPlain: true), key, value);

    public void WritePlain(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        bool isLong = KeySize > LongestOnALine || ValueSize > LongestOnALine;
        if (IsPerCpu)
        {
            if (KeySize > 0)
            {
                output.Write("key:\n");
                HexText.Write(output, key);
                output.Write("\n");
            }

            for (int cpu = 0; ValueSize > 0 && cpu * Stride < value.Length; cpu++)
            {
                output.Write($"value (CPU {cpu:00}):{(ValueSize > LongestOnALine ? '\n' : ' ')}");
                HexText.Write(output, value.Slice(cpu * Stride, ValueSize));
                output.Write("\n");
            }

            return;
        }

        if (KeySize > 0)
        {
            output.Write(isLong ? "key:\n" : "key: ");
            HexText.Write(output, key);
            output.Write(KeySize + ValueSize <= LongestPairOnALine && !isLong ? "  " : "\n");
        }

        if (ValueSize > 0)
        {
            output.Write($"{(IsMapOfMaps ? "inner_map_id" : "value")}:{(isLong ? '\n' : ' ')}");
            if (IsMapOfMaps)
                output.Write($"{BinaryPrimitives.ReadUInt32LittleEndian(value)} ");
            else
                HexText.Write(output, value);
        }

        output.Write("\n");
    }

    /// <summary>An element that cannot be looked up, though its key is there.</summary>
    public void WriteError(JsonStream? json, ReadOnlySpan<byte> key, Errno errno)
    {
        // A slot of these that has nothing in it is no element.
        if (errno == Errno.ENOENT && (IsMapOfMaps || map.Type == MapType.ProgArray))
            return;
        if (json is not null)
        {
            json.StartObject();
            json.Name("key").Bytes(key);
            json.Name("value").Error(BpftoolCommandLine.Text(errno));
            json.EndObject();
            return;
        }

        string message = errno == Errno.ENOENT ? "<no entry>"
            : errno == Errno.ENOSPC && map.Type == MapType.ReuseportSockArray ? "<cannot read>"
            : BpftoolCommandLine.Text(errno);
        bool isLong = KeySize > LongestOnALine || message.Length > LongestOnALine;
        output.Write(isLong ? "key:\n" : "key: ");
        HexText.Write(output, key);
        output.Write(KeySize + message.Length <= LongestPairOnALine && !isLong ? "  " : "\n");
        output.Write($"value:{(isLong ? '\n' : ' ')}{message}\n");
    }

    private void WriteTyped(JsonStream json, TypedValues values, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        json.StartObject();
        if (map.KeyType != 0)
        {
            json.Name("key");
            values.Write(map.KeyType, key);
        }

        uint type = map.KernelValueType != 0 ? map.KernelValueType : map.ValueType;
        if (!IsPerCpu)
        {
            json.Name("value");
            values.Write(type, value);
        }
        else
        {
            json.Name("values").StartArray();
            for (int cpu = 0; cpu * Stride < value.Length; cpu++)
            {
                json.StartObject();
                json.Field("cpu", cpu);
                json.Name("value");
                values.Write(type, value.Slice(cpu * Stride, ValueSize));
                json.EndObject();
            }

            json.EndArray();
        }

        json.EndObject();
    }
}
