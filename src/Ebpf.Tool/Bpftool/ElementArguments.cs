using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary><c>key DATA value DATA any|exist|noexist</c>, in any order; a program or a map as the value of maps that hold these.</summary>
/// <remarks>parse_elem in map.c of bpftool.</remarks>
internal sealed class ElementArguments(MapInfo map, bool takesKey, bool takesValue, bool takesFlags) : IDisposable
{
    private bool _mayHaveKey = takesKey;
    private bool _mayHaveValue = takesValue;
    private bool _mayHaveFlags = takesFlags;
    private bool _hadValue;
    private FileDescriptor? _referent;

    public byte[] Key { get; private set; } = [];

    public byte[] Value { get; private set; } = [];

    public ulong Flags { get; private set; }

    public void Parse(Arguments arguments)
    {
        while (!arguments.IsAtEnd)
        {
            if (arguments.Take("key"))
                ParseKey(arguments);
            else if (arguments.Take("value"))
                ParseValue(arguments);
            else if (!ParseFlags(arguments))
                throw new BpftoolException($"expected key or value, got: {arguments.Peek}");
        }

        if (_mayHaveKey || _mayHaveValue)
            throw new BpftoolException($"did not find {(_mayHaveKey ? "key" : "value")}");
    }

    public void Dispose() => _referent?.Dispose();

    private void ParseKey(Arguments arguments)
    {
        if (!_mayHaveKey)
            throw new BpftoolException(map.KeySize > 0 ? "duplicate key" : "unnecessary key");
        _mayHaveKey = false;
        Key = Bytes(arguments, "key", (int)map.KeySize);
    }

    private void ParseValue(Arguments arguments)
    {
        if (!_mayHaveValue)
            throw new BpftoolException(_hadValue ? "duplicate value" : "unnecessary value");
        _mayHaveValue = false;
        _hadValue = true;
        var elements = new MapElements(map, TextWriter.Null);
        if (elements.IsMapOfMaps || map.Type == MapType.ProgArray)
        {
            if (arguments.Count < 2)
                throw new BpftoolException($"not enough value arguments for map {(elements.IsMapOfMaps ? "in map" : "of progs")}");
            _referent = elements.IsMapOfMaps ? Handles.Map(arguments) : Handles.Program(arguments);
            int number = _referent.Number;
            Value = MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)).ToArray();
            return;
        }

        byte[] one = Bytes(arguments, "value", (int)map.ValueSize);
        Value = new byte[elements.HostValueSize];
        for (int at = 0; at < Value.Length; at += elements.IsPerCpu ? elements.Stride : Value.Length)
            one.CopyTo(Value, at);
    }

    private bool ParseFlags(Arguments arguments)
    {
        string? word = arguments.Peek;
        ulong? flags = arguments.Take("any") ? (ulong)MapUpdateFlags.Any
            : arguments.Take("noexist") ? (ulong)MapUpdateFlags.NoExist
            : arguments.Take("exist") ? (ulong)MapUpdateFlags.Exist
            : null;
        if (flags is not { } these)
            return false;
        if (!_mayHaveFlags)
            throw new BpftoolException($"flags specified multiple times: {word}");
        _mayHaveFlags = false;
        Flags = these;
        return true;
    }

    private static byte[] Bytes(Arguments arguments, string name, int count)
    {
        bool isHex = arguments.Take("hex");
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            if (arguments.IsAtEnd)
                throw new BpftoolException($"{name} expected {count} bytes got {i}");
            string word = arguments.Next();
            bytes[i] = (byte)(Arguments.Number(word, isHex) ?? throw new BpftoolException($"error parsing byte: {word}"));
        }

        return bytes;
    }
}
