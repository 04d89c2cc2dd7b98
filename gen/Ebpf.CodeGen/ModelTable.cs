namespace Ebpf.CodeGen;

/// <summary>A tab-separated table of gen/model: comment lines begin with #, the first other line names the columns.</summary>
internal sealed class ModelTable
{
    private readonly string[] _columns;

    private ModelTable(string name, string[] columns, IReadOnlyList<Row> rows) => (Name, _columns, Rows) = (name, columns, rows);

    public string Name { get; }

    public IReadOnlyList<Row> Rows { get; }

    public static ModelTable Read(string path)
    {
        string[] lines = [.. File.ReadAllLines(path).Where(l => l.Length > 0 && l[0] != '#')];
        string[] columns = lines[0].Split('\t');
        var rows = new List<Row>();
        var table = new ModelTable(Path.GetFileNameWithoutExtension(path), columns, rows);
        foreach (string line in lines.Skip(1))
        {
            string[] cells = line.Split('\t');
            if (cells.Length != columns.Length)
                throw new InvalidDataException($"{path}: '{line}' has {cells.Length} cells, the table has {columns.Length} columns");
            rows.Add(new Row(table, cells));
        }
        return table;
    }

    internal sealed class Row(ModelTable table, string[] cells)
    {
        public string this[string column] => cells[Array.IndexOf(table._columns, column)];

        /// <summary>The number in a column, null where the cell is "-". Of TYPE/NUMBER it is the number.</summary>
        public int? Number(string column) => this[column] == "-" ? null : int.Parse(this[column].AsSpan(this[column].IndexOf('/') + 1));
    }
}
