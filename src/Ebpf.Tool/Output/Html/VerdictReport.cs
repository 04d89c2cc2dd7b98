using System.Net;
using System.Text;
using Ebpf.Bytecode.Specs;
using Ebpf.Tool.Verdicts;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Tool.Output.Html;

/// <summary>Verdicts as one HTML file that needs nothing else: for each program its control-flow graph, its source beside its instructions, the states at each, and the path that is refused.</summary>
internal static class VerdictReport
{
    public static void Write(string path, IReadOnlyList<ObjectVerdicts> files)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>ebpf verify</title>\n<style>\n").Append(Style).Append("</style></head>\n<body>\n");
        html.Append("<h1>ebpf verify</h1>\n");
        WriteSummary(html, files);
        for (int i = 0; i < files.Count; i++)
        {
            for (int j = 0; j < files[i].Verdicts.Count; j++)
                WriteProgram(html, files[i].Verdicts[j], Anchor(i, j));
        }

        html.Append("</body></html>\n");
        File.WriteAllText(path, html.ToString());
    }

    private static string Anchor(int file, int program) => $"p{file}-{program}";

    private static void WriteSummary(StringBuilder html, IReadOnlyList<ObjectVerdicts> files)
    {
        html.Append("<table class=summary><tr><th>file<th>program<th>section<th>verdict<th class=n>instructions walked<th class=n>states<th class=n>time</tr>\n");
        for (int i = 0; i < files.Count; i++)
        {
            if (files[i].Error is { } error)
                html.Append($"<tr class=refused><td>{Text(files[i].File)}<td colspan=6>{Text(error.Message)}</tr>\n");
            for (int j = 0; j < files[i].Verdicts.Count; j++)
            {
                ProgramVerdict v = files[i].Verdicts[j];
                string verdict = v.IsAccepted ? "accepted" : "refused";
                html.Append($"<tr class={verdict}><td>{Text(files[i].File)}<td><a href=\"#{Anchor(i, j)}\">{Text(v.Program)}</a><td>{Text(v.SectionName)}<td>{verdict}");
                html.Append($"<td class=n>{v.VerifiedInstructions:N0}<td class=n>{v.TotalStates:N0}<td class=n>{Text(Amounts.Time(v.Duration.TotalMicroseconds))}</tr>\n");
            }
        }

        html.Append("</table>\n");
    }

    private static void WriteProgram(StringBuilder html, ProgramVerdict verdict, string anchor)
    {
        html.Append($"<section id={anchor}><h2>{Text(verdict.Program)} <span class={(verdict.IsAccepted ? "accepted" : "refused")}>{(verdict.IsAccepted ? "accepted" : "refused")}</span></h2>\n");
        if (verdict.Error is VerifierException refused)
            html.Append($"<pre class=diagnosis>{Text(refused.Diagnosis)}</pre>\n");
        else if (verdict.Error is { } error)
            html.Append($"<pre class=diagnosis>{Text(error.Message)}</pre>\n");
        if (verdict.Trace is { } trace)
        {
            Dictionary<int, string> lines = LinesOf(trace);
            html.Append($"<details{(verdict.IsAccepted ? "" : " open")}><summary>control-flow graph</summary>\n");
            FlowDrawing.Write(html, trace, BlockGraph.Of(trace), anchor, lines);
            html.Append($"</details>\n<details{(verdict.IsAccepted ? "" : " open")}><summary>source, instructions, states</summary>\n");
            WriteListing(html, trace, anchor, (verdict.Error as VerifierException)?.Instruction ?? -1);
            html.Append("</details>\n");
        }

        html.Append("</section>\n");
    }

    private static Dictionary<int, string> LinesOf(WalkTrace trace)
    {
        var lines = new Dictionary<int, string>();
        foreach (LineSpec line in trace.Program.Lines)
            lines.TryAdd(line.Slot, line.Text.Trim());
        return lines;
    }

    private static void WriteListing(StringBuilder html, WalkTrace trace, string anchor, int refusedAt)
    {
        var failing = trace.FailingPath.ToHashSet();
        Dictionary<int, LineSpec> lines = [];
        foreach (LineSpec line in trace.Program.Lines)
            lines.TryAdd(line.Slot, line);
        (string, int) shown = default;
        html.Append("<table class=listing><tr><th class=n>slot<th class=n>walked<th>instruction<th>states before it</tr>\n");
        for (int slot = 0; slot < trace.Texts.Length; slot++)
        {
            if (trace.Texts[slot] is not { } text)
                continue;
            if (trace.Shape.FunctionStartingAt(slot) is >= 0 and var function)
                html.Append($"<tr class=function><td colspan=4>{Text(trace.Shape.Functions[function].Name)}</tr>\n");
            if (lines.TryGetValue(slot, out LineSpec line) && (line.FileName, line.Line) != shown)
            {
                shown = (line.FileName, line.Line);
                html.Append($"<tr class=source><td class=n>{line.Line}<td colspan=3 title=\"{Text(line.FileName)}\">{Text(line.Text.Replace("\t", "    ", StringComparison.Ordinal))}</tr>\n");
            }

            string kind = slot == refusedAt ? "at" : failing.Contains(slot) ? "fail" : trace.Visits[slot] == 0 ? "never" : "";
            html.Append($"<tr id={anchor}-{slot} class=\"{kind}\"><td class=n>{slot}<td class=n>{trace.Visits[slot]:N0}<td class=code>{Text(text)}<td>");
            WriteStates(html, trace, slot);
            html.Append("</tr>\n");
        }

        html.Append("</table>\n");
    }

    private static void WriteStates(StringBuilder html, WalkTrace trace, int slot)
    {
        if (trace.States[slot] is not { Count: > 0 } states)
            return;
        html.Append($"<details class=states><summary>{Text(states[0])}</summary>");
        foreach (string state in states.Skip(1))
            html.Append($"<div>{Text(state)}</div>");
        if (trace.Visits[slot] > states.Count)
            html.Append($"<div class=note>and {trace.Visits[slot] - states.Count:N0} more visits</div>");
        html.Append("</details>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c1e21; --dim: #6a7078; --paper: #fff; --line: #d8dce1; --soft: #f3f5f7; --bad: #b3261e; --badsoft: #fdecea; --good: #1b6e3c; --way: #8a929b }
        @media (prefers-color-scheme: dark) { :root { --ink: #e4e6e9; --dim: #98a0a8; --paper: #16181b; --line: #33383e; --soft: #1f2327; --bad: #ff8a80; --badsoft: #3a1f1d; --good: #7bd39b; --way: #6a727a } }
        body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 24px; max-width: 1500px }
        h1 { font-size: 20px } h2 { font-size: 17px; margin: 36px 0 8px }
        table { border-collapse: collapse } td, th { padding: 2px 10px; text-align: left; vertical-align: top } th { color: var(--dim); font-weight: normal }
        .n { text-align: right; font-variant-numeric: tabular-nums; color: var(--dim) }
        .summary tr + tr { border-top: 1px solid var(--line) } a { color: inherit }
        .refused > td:nth-child(4), span.refused { color: var(--bad) } .accepted > td:nth-child(4), span.accepted { color: var(--good) }
        h2 span { font-size: 14px; font-weight: normal; margin-left: 8px }
        pre, .code, .listing, .graph text { font-family: ui-monospace, Consolas, monospace; font-size: 12.5px }
        .diagnosis { background: var(--badsoft); padding: 12px 16px; border-left: 3px solid var(--bad); overflow-x: auto }
        details > summary { cursor: pointer; color: var(--dim); margin: 6px 0 }
        .graph { overflow: auto; max-height: 640px; border: 1px solid var(--line); background: var(--soft) }
        .block rect { fill: var(--paper); stroke: var(--way) } .block text { fill: var(--ink) } .block .dim { fill: var(--dim) } .block.never { opacity: .45 }
        .block.fail rect { stroke: var(--bad); stroke-width: 2 } .block:hover rect { fill: var(--soft) } .graph .code { font-size: 11px }
        .way { fill: none; stroke: var(--way) } .way.taken { stroke-dasharray: 5 3 } .way.fail { stroke: var(--bad); stroke-width: 2 } .head { fill: var(--way) }
        .listing { width: 100% } .listing td { white-space: pre-wrap } .listing .function td { padding-top: 14px; font-weight: bold }
        .listing .source td { background: var(--soft); color: var(--dim); white-space: pre } .listing .never { opacity: .45 }
        .listing .fail td:first-child { border-left: 3px solid var(--bad) } .listing .at td { background: var(--badsoft) } .listing .at td:first-child { border-left: 3px solid var(--bad) }
        .listing tr:target td { outline: 1px solid var(--way) } .states > summary { margin: 0; overflow-wrap: anywhere } .states > div { margin-left: 16px; overflow-wrap: anywhere } .note { color: var(--dim) }

        """;
}
