using Spectre.Console;

namespace Ebpf.Tool.Output;

/// <summary>A table on the terminal, or in full width where the output goes to a file or a pipe.</summary>
internal sealed class TextTable
{
    // Wider than any table: what is piped is never wrapped.
    private const int PipeWidth = 4096;

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
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = PipeWidth;
        console.Write(_table);
    }
}
