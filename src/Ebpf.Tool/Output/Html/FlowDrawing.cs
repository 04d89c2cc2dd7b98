using System.Net;
using System.Text;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Tool.Output.Html;

/// <summary>The control-flow graph as SVG. A block leads to its instructions in the listing; the refused path is red, what was never reached is pale.</summary>
internal static class FlowDrawing
{
    private const int Width = 190, Height = 40, GapX = 26, GapY = 34, Margin = 12;

    /// <summary>Larger graphs help nobody.</summary>
    private const int MostBlocks = 1200;

    public static void Write(StringBuilder html, WalkTrace trace, BlockGraph graph, string anchor, IReadOnlyDictionary<int, string> lines)
    {
        if (graph.Blocks.Count > MostBlocks)
        {
            html.Append($"<p class=note>{graph.Blocks.Count} basic blocks: too many to draw. The listing has them all.</p>\n");
            return;
        }

        HashSet<int> blocks = [];
        HashSet<(int, int)> ways = [];
        Follow(trace, graph, blocks, ways);
        int width = (2 * Margin) + (graph.Columns * (Width + GapX)), height = (2 * Margin) + (graph.Rows * (Height + GapY));
        html.Append($"<div class=graph><svg width={width} height={height} viewBox=\"0 0 {width} {height}\" role=img aria-label=\"control-flow graph\">\n");
        html.Append("<defs><marker id=a viewBox=\"0 0 8 8\" refX=7 refY=4 markerUnits=userSpaceOnUse markerWidth=9 markerHeight=9 orient=auto><path d=\"M0 0L8 4L0 8z\" class=head /></marker></defs>\n");
        foreach (BlockGraph.Way way in graph.Ways)
        {
            BlockGraph.Block from = graph.Blocks[way.From], to = graph.Blocks[way.To];
            double x1 = X(from) + (Width / 2.0) + (way.IsTaken ? 20 : 0), y1 = Y(from) + Height, x2 = X(to) + (Width / 2.0), y2 = Y(to);
            string kind = (way.IsTaken ? "taken" : "falls") + (ways.Contains((way.From, way.To)) ? " fail" : "");
            string path = to.Row > from.Row
                ? FormattableString.Invariant($"M{x1} {y1}C{x1} {y1 + 20} {x2} {y2 - 20} {x2} {y2}")
                : FormattableString.Invariant($"M{X(from) + Width} {y1 - 20}C{X(from) + Width + 60} {y1} {X(to) + Width + 60} {y2} {X(to) + Width} {y2 + 14}");
            html.Append($"<path class=\"way {kind}\" d=\"{path}\" marker-end=\"url(#a)\" />\n");
        }

        for (int i = 0; i < graph.Blocks.Count; i++)
        {
            BlockGraph.Block block = graph.Blocks[i];
            string kind = blocks.Contains(i) ? "block fail" : trace.Visits[block.Start] == 0 ? "block never" : "block";
            string line = lines.GetValueOrDefault(block.Start, trace.Texts[block.Start] ?? "");
            html.Append($"<a href=\"#{anchor}-{block.Start}\"><g class=\"{kind}\"><rect x={X(block)} y={Y(block)} width={Width} height={Height} rx=5 />");
            html.Append($"<text x={X(block) + 8} y={Y(block) + 16}>{(block.End - block.Start > 1 ? $"{block.Start}–{block.End - 1}" : $"{block.Start}")} <tspan class=dim>walked {trace.Visits[block.Start]:N0}×</tspan></text>");
            html.Append($"<text x={X(block) + 8} y={Y(block) + 32} class=code>{WebUtility.HtmlEncode(Cut(line, 27))}</text></g></a>\n");
        }

        html.Append("</svg></div>\n");
    }

    private static void Follow(WalkTrace trace, BlockGraph graph, HashSet<int> blocks, HashSet<(int, int)> ways)
    {
        int current = -1;
        foreach (int slot in trace.FailingPath)
        {
            int block = graph.StartingAt(slot);
            if (block < 0)
                continue;
            if (current >= 0)
                ways.Add((current, block));
            blocks.Add(block);
            current = block;
        }
    }

    private static int X(BlockGraph.Block block) => Margin + (block.Column * (Width + GapX));

    private static int Y(BlockGraph.Block block) => Margin + (block.Row * (Height + GapY));

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
