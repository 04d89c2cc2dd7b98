using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Ebpf.Tool.Output;

// The shapes of -j. Keys are a promise: they may be added, never renamed. A null says that the platform or the file cannot tell.

/// <summary>What <c>load</c> and <c>run</c> print.</summary>
internal sealed record LoadDocument(
    string File,
    string Platform,
    string Dialect,
    IReadOnlyList<ProgramEntry> Programs,
    IReadOnlyList<MapEntry> Maps,
    TotalsEntry Totals,
    RunEntry? Run,
    IReadOnlyDictionary<string, IReadOnlyList<ElementEntry>> Dump,
    MeasureEntry? Measure);

/// <summary>What <c>show</c> prints.</summary>
internal sealed record ShowDocument(
    string File,
    string Dialect,
    string ByteOrder,
    string License,
    uint KernelVersion,
    IReadOnlyList<ProgramEntry> Programs,
    IReadOnlyList<MapEntry> Maps,
    IReadOnlyList<VariableEntry> Variables,
    IReadOnlyList<ExternEntry> Externs,
    IReadOnlyList<SectionEntry> Sections,
    BtfEntry? Btf);

/// <summary>What <c>verify</c> prints.</summary>
internal sealed record VerifyDocument(string File, string? Dialect, IReadOnlyList<VerdictEntry> Programs, ErrorEntry? Error);

/// <summary>What <c>run --pcap</c> prints.</summary>
internal sealed record ReplayDocument(
    string File,
    string Program,
    string Type,
    string Platform,
    string Pcap,
    long Packets,
    long SkippedPackets,
    double PacketsPerSecond,
    double NsPerPacket,
    IReadOnlyList<VerdictCountEntry> Verdicts,
    IReadOnlyDictionary<string, IReadOnlyList<ElementEntry>> Dump);

internal sealed record VerdictCountEntry(string Name, uint Value, long Packets, long Bytes);

internal sealed record ProgramEntry(
    string Name,
    string Section,
    string Type,
    bool Autoload,
    bool Loaded,
    int? Fd,
    int Insns,
    long? VerifiedInsns,
    double? VerifyUs,
    double? JitUs,
    long? XlatedBytes,
    long? JitedBytes,
    long? MemoryBytes);

internal sealed record MapEntry(string Name, string Type, uint KeySize, uint ValueSize, uint MaxEntries, bool Created, int? Fd, long? MemoryBytes);

internal sealed record TotalsEntry(int Loaded, int Skipped, long VerifiedInsns, double LoadUs, long MemoryBytes);

internal sealed record RunEntry(string Program, long Retval, long DurationNs, int Repeat, IReadOnlyList<string> Printk);

internal sealed record ElementEntry(JsonNode? Key, JsonNode? Value);

internal sealed record MeasureEntry(TotalsEntry Selected, TotalsEntry All);

internal sealed record VariableEntry(string Name, string Map, string Section, uint Size, string? Type, JsonNode? Value);

internal sealed record ExternEntry(string Name, string Kind, bool Weak);

internal sealed record SectionEntry(int Index, string Name, string Type, long Size);

internal sealed record BtfEntry(int Types, long Bytes);

internal sealed record VerdictEntry(string Name, string Section, string Type, bool Accepted, long VerifiedInsns, int States, int PeakStates, double VerifyUs, ErrorEntry? Error);

internal sealed record ErrorDocument(ErrorEntry Error);

internal sealed record ErrorEntry(
    string Message, int? Errno, string? Program, string? Rule, string? Reason, int? Insn, LineEntry? Line, StepEntry[]? CausalPath, string? Suggestion, string? Log);

internal sealed record StepEntry(int Insn, string Text, string Kind, LineEntry? Line);

internal sealed record LineEntry(string File, int Line, int Column, string Text);

[JsonSerializable(typeof(LoadDocument))]
[JsonSerializable(typeof(ShowDocument))]
[JsonSerializable(typeof(VerifyDocument))]
[JsonSerializable(typeof(VerifyDocument[]))]
[JsonSerializable(typeof(ReplayDocument))]
[JsonSerializable(typeof(ErrorDocument))]
internal sealed partial class DocumentContext : JsonSerializerContext
{
    /// <summary>The documents for a terminal or a file, where a quote is just a quote.</summary>
    public static DocumentContext Readable => field ??= new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
