using Spectre.Console;

namespace Ebpf.Tool.Output;

/// <summary>A table on the terminal, or in full width where the output goes to a file or a pipe.</summary>
internal sealed class TextTable
{
    // Wider than any table: what is piped is never wrapped.
    private const int PipeWidth = 4096;

    private const int NarrowestTerminal = 80;

    private readonly Table _table = new Table().Border(TableBorder.Simple);

    /// <summary>Adds a column; numbers stand at the right.</summary>
    public TextTable Column(string header, bool isNumber = false)
    {
        var column = new TableColumn(new Text(header)) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) };
        _table.AddColumn(isNumber ? column.RightAligned() : column);
        return this;
    }

    /// <summary>Adds a row of plain cells.</summary>
    public void Row(params ReadOnlySpan<string> cells)
    {
        var row = new List<Text>(cells.Length);
        foreach (string cell in cells)
            row.Add(new Text(cell));
        _table.AddRow(row);
    }

    public void Write(TextWriter output)
    {
        using var rendered = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(rendered), Ansi = AnsiSupport.No });
        console.Profile.Width = Console.IsOutputRedirected ? PipeWidth : Math.Max(Console.WindowWidth, NarrowestTerminal);
        console.Write(_table);
        // Borders of blanks at the top, the bottom and the right are for terminals with colours.
        foreach (string line in rendered.ToString().Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0))
            output.WriteLine(line);
        output.WriteLine();
    }
}
