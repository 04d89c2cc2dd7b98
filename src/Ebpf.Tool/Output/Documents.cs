using System.Text.Json.Nodes;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Tool.Output;

/// <summary>Fills the documents of -j from what the library reports.</summary>
internal static class Documents
{
    public static LoadDocument Load(string file, LoadedObject live, string? runProgram, RunResult? run, IReadOnlyList<string> dump, MeasureEntry? measured)
    {
        LoadReport report = live.Report;
        return new LoadDocument(
            file,
            report.Platform,
            Name(report.Dialect),
            [.. report.Programs.Select(Program)],
            [.. report.Maps.Select(Map)],
            Totals(report),
            run is null ? null : new RunEntry(runProgram!, run.ReturnValue, (long)run.Nanoseconds, run.Repeat, run.Printk),
            dump.Distinct().ToDictionary(name => name, name => Elements(live.Maps[name])),
            measured);
    }

    public static ShowDocument Show(string file, BpfObject obj) => new(
        file,
        Name(obj.Dialect),
        obj.IsLittleEndian ? "little" : "big",
        obj.License,
        obj.KernelVersion,
        [.. obj.Programs.Select(p => new ProgramEntry(p.Name, p.SectionName, p.Type.Text(), p.AutoLoad, false, null, p.InstructionCount, null, null, null, null, null, null))],
        [.. obj.Maps.Select(m => new MapEntry(m.Name, m.Type.Text(), m.KeySize, m.ValueSize, m.MaxEntries, false, null, null))],
        [.. obj.Variables.Select(v => new VariableEntry(v.Name, v.Map.Name, v.SectionName, (uint)v.Size, v.TypeName.Length > 0 ? v.TypeName : null, v.Text))],
        [.. obj.Externs.Select(e => new ExternEntry(e.Name, e.Kind, e.IsWeak))],
        [.. obj.Sections.Select(s => new SectionEntry(s.Index, s.Name, s.Kind, (long)s.Size))],
        obj.Types is { } types ? new BtfEntry((int)types.TypeCount - 1, types.Bytes.Length) : null);

    public static string Name(Dialect dialect) => dialect == Dialect.Windows ? "windows" : "linux";

    private static ProgramEntry Program(ProgramReport program) => new(
        program.Name,
        program.SectionName,
        program.Type.Text(),
        program.AutoLoad,
        program.IsLoaded,
        program.Fd,
        program.InstructionCount,
        program.VerifiedInstructions,
        program.VerifyTime?.TotalMicroseconds,
        program.CompileTime?.TotalMicroseconds,
        program.TranslatedBytes,
        program.MachineCodeBytes,
        program.MemoryBytes);

    private static MapEntry Map(MapReport map) =>
        new(map.Name, map.Type.Text(), map.KeySize, map.ValueSize, map.MaxEntries, map.IsCreated, map.Fd, map.MemoryBytes);

    public static TotalsEntry Totals(LoadReport report) =>
        new(report.Loaded, report.Skipped, report.VerifiedInstructions, report.LoadTime.TotalMicroseconds, report.MemoryBytes);

    public static IReadOnlyList<ElementEntry> Elements(BpfMap map)
    {
        MapSpec spec = map.Handle.Spec;
        return [.. map.Entries().Select(entry => new ElementEntry(TypedJson.Node(entry.Key, spec.Types, spec.KeyType), Value(entry.Value, map)))];
    }

    private static JsonNode? Value(byte[] bytes, BpfMap map)
    {
        MapSpec spec = map.Handle.Spec;
        if (!map.IsPerCpu)
            return TypedJson.Node(bytes, spec.Types, spec.ValueType);
        var values = new JsonArray();
        int stride = (map.ValueSize + 7) & ~7;
        for (int at = 0; at + map.ValueSize <= bytes.Length; at += stride)
            values.Add(TypedJson.Node(bytes.AsSpan(at, map.ValueSize), spec.Types, spec.ValueType));
        return values;
    }
}
