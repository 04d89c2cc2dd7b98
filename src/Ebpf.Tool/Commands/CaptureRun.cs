using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ebpf.Tool.Captures;
using Ebpf.Tool.Output;

namespace Ebpf.Tool.Commands;

/// <summary><c>ebpf run FILE NAME --pcap IN</c>: one program over a capture, and the report on its verdicts.</summary>
internal sealed class CaptureRun(BpfObject obj, string file, ParseResult parsed, LoadOptionsBinder loading, RunOptionsBinder execution)
{
    public required string Program { get; init; }

    public required string Input { get; init; }

    public string? Output { get; init; }

    public required string[] Dump { get; init; }

    public bool Json { get; init; }

    public void Execute(TextWriter output)
    {
        foreach (string name in Dump)
            _ = obj.Maps[name];
        loading.Edit(obj, parsed);
        using LoadedObject live = obj.Load(loading.Platform(parsed), loading.Bind(parsed));
        loading.Fill(live, parsed);
        BpfProgram program = live.Programs[Program];
        var replay = new Replay(program, execution.Bind(parsed), Input, Output);
        bool showsProgress = !Json && !Console.IsErrorRedirected;
        replay.Run(showsProgress ? done => Console.Error.Write($"\r{replay.Packets:N0} packets, {done:P0} ") : null);
        if (showsProgress)
            Console.Error.Write("\r\u001b[K");

        ReplayDocument document = Describe(live, program, replay);
        if (Json)
            output.WriteLine(JsonSerializer.Serialize(document, DocumentContext.Readable.ReplayDocument));
        else
            Write(document, output);
    }

    private ReplayDocument Describe(LoadedObject live, BpfProgram program, Replay replay)
    {
        double each = replay.Packets == 0 ? 0 : replay.Nanoseconds / replay.Packets;
        return new ReplayDocument(
            file,
            Program,
            program.Type.Text(),
            live.Report.Platform,
            Input,
            replay.Packets,
            replay.Skipped,
            each == 0 ? 0 : Math.Round(1e9 / each),
            Math.Round(each, 1),
            [.. replay.VerdictCounts.Select(v => new VerdictCountEntry(PacketVerdicts.Name(program.Type, v.Key), v.Key, v.Value.Packets, v.Value.Bytes))],
            Dump.Distinct().ToDictionary(name => name, name => Documents.Elements(live.Maps[name])));
    }

    private static void Write(ReplayDocument document, TextWriter output)
    {
        output.WriteLine($"{document.Program} ({document.Type}) over {document.Pcap}");
        output.WriteLine();
        TextTable table = new TextTable().Column("verdict").Column("value", isNumber: true).Column("packets", isNumber: true).Column("bytes", isNumber: true).Column("share", isNumber: true);
        foreach (VerdictCountEntry verdict in document.Verdicts)
        {
            table.Row(
                verdict.Name,
                ((int)verdict.Value).ToString(CultureInfo.InvariantCulture),
                verdict.Packets.ToString("N0", CultureInfo.InvariantCulture),
                verdict.Bytes.ToString("N0", CultureInfo.InvariantCulture),
                ((double)verdict.Packets / document.Packets).ToString("P1", CultureInfo.InvariantCulture));
        }

        table.Write(output);
        string skipped = document.SkippedPackets == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {document.SkippedPackets:N0} shorter than an Ethernet header were left out");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{document.Packets:N0} packets, {document.NsPerPacket:N1} ns each, {document.PacketsPerSecond:N0} a second{skipped}."));
        foreach ((string name, IReadOnlyList<ElementEntry> elements) in document.Dump)
            LoadTables.WriteDump(name, elements, output);
    }
}
