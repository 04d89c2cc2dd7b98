using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary>What an author told about a program: variables in .rodata whose names begin with <c>bpf_metadata_</c>.</summary>
/// <remarks>find_metadata in prog.c of bpftool.</remarks>
internal sealed class ProgramMetadata
{
    private const string Prefix = "bpf_metadata_";

    public required BtfView Types { get; init; }

    public required byte[] Value { get; init; }

    /// <summary>Names without the prefix, types, and where they are in the value.</summary>
    public required IReadOnlyList<(string Name, uint Type, int Offset)> Variables { get; init; }

    /// <summary>The metadata of a program; null where it has none.</summary>
    public static ProgramMetadata? Find(ProgramInfo program)
    {
        foreach (uint id in program.MapIds)
        {
            if (Bpf.OpenById(BpfObjectKind.Map, id, out FileDescriptor? opened) != Errno.None)
                return null;
            using FileDescriptor map = opened!;
            MapInfo info = MapInfoReader.Read(map);
            if (info is { Type: MapType.Array, KeySize: sizeof(int), MaxEntries: 1, ValueType: not 0 } && info.Name.Contains(".rodata", StringComparison.Ordinal))
                return Read(map, info);
        }

        return null;
    }

    private static ProgramMetadata? Read(FileDescriptor map, MapInfo info)
    {
        byte[] value = new byte[info.ValueSize];
        if (LoadedBtf.Find(info.BtfId) is not { } types || types[info.ValueType] is not { Kind: BtfKind.DataSec } section
            || Bpf.Lookup(map.Number, BpfMap.Key(0), value, 0) != Errno.None)
            return null;
        var variables = new List<(string, uint, int)>();
        foreach (BtfSectionVariable each in section.SectionVariables)
        {
            BtfType variable = types[each.Type];
            if (variable.Name.StartsWith(Prefix, StringComparison.Ordinal) && each.Offset + each.Size <= info.ValueSize)
                variables.Add((variable.Name[Prefix.Length..], variable.ReferencedType, (int)each.Offset));
        }

        return variables.Count == 0 ? null : new ProgramMetadata { Types = types, Value = value, Variables = variables };
    }
}
