using System.Text;

namespace Ebpf.CodeGen;

/// <summary>The layouts of contexts: a structure, narrowed to what programs of a type may see of it.</summary>
internal static class ContextLayoutTable
{
    public static GeneratedFile Generate(ModelTable fields, ModelTable layouts, ProgramGroups groups)
    {
        var text = new StringBuilder(GeneratedFile.Header(layouts.Name).Replace(".tsv;", ".tsv and context_fields.tsv;"));
        text.Append("using System.Collections.Immutable;\n\nnamespace Ebpf.Verifier.Prototypes;\n\n");
        text.Append("public static partial class ContextLayouts\n{\n");
        var entries = new StringBuilder();
        var choices = new StringBuilder();
        var names = new List<string>();
        foreach (ModelTable.Row row in layouts.Rows)
        {
            bool isContext = row["programs"] != "-";
            string name = isContext ? FieldName(row) : row["attach"];
            if (names.Contains(name))
                throw new InvalidDataException($"context_layouts.tsv: two rows are called {name}");
            if (!isContext)
                text.Append($"    /// <summary><c>{CType(row["struct"])}</c> as programs see it through a pointer.</summary>\n    public static ContextLayout {name} => Cached({names.Count});\n\n");
            text.Append($"    private static ContextLayout Make{name}() => new(\"{CType(row["struct"])}\", {row["size"]},\n    [\n");
            AppendFields(text, [.. fields.Rows.Where(f => f["struct"] == row["struct"])], row);
            text.Append($"    ]{(row["open"] == "yes" ? ", IsOpen: true" : "")});\n\n");
            choices.Append($"        {names.Count} => Make{name}(),\n");
            foreach (string program in isContext ? groups.Types(row["programs"]) : [])
                entries.Append($"        new(Dialect.{Names.Pascal(row["dialect"])}, ProgramType.{program}, {names.Count}{Attach(row["attach"])}),\n");
            names.Add(name);
        }
        text.Append($"    private const int Count = {names.Count};\n\n");
        text.Append($"    private static ContextLayout Make(int layout) => layout switch\n    {{\n{choices}        _ => throw new ArgumentOutOfRangeException(nameof(layout)),\n    }};\n\n");
        text.Append($"    private static readonly ImmutableArray<Entry> Entries =\n    [\n{entries}    ];\n}}\n");
        return new GeneratedFile("src/Ebpf.Verifier/Prototypes/ContextLayouts.g.cs", text.ToString());
    }

    private static void AppendFields(StringBuilder text, ModelTable.Row[] fields, ModelTable.Row layout)
    {
        string[] listed = layout["hidden"].TrimStart('!').Split(' ');
        bool listedAreSeen = layout["hidden"].StartsWith('!');
        string[] writable = layout["writable"].Split(' ');
        foreach (string name in listed.Concat(writable).Where(n => n is not ("-" or "*")))
        {
            if (!fields.Any(f => f["field"] == name))
                throw new InvalidDataException($"context_layouts.tsv: {layout["struct"]} has no field {name}");
        }

        int native = (layout.Number("size")!.Value + 7) & ~7;
        foreach (ModelTable.Row field in fields.Where(f => layout["hidden"] == "-" || listed.Contains(f["field"]) == listedAreSeen))
        {
            bool isNarrowPointer = field["kind"] != "Scalar" && field.Number("size") < 8;
            string offset = isNarrowPointer ? native.ToString() : field["offset"];
            native += isNarrowPointer ? 8 : 0;
            bool isWritable = writable.Contains("*") || writable.Contains(field["field"]);
            string type = field["type"] == "-" ? "" : $", \"{field["type"]}\"";
            text.Append($"        new(\"{field["field"]}\", {field["offset"]}, {field["size"]}, ContextFieldKind.{field["kind"]}, {Sizes(field["read"])}, {(isWritable ? Sizes(field["write"]) : "AccessSizes.None")}, {offset}{type}),\n");
        }
    }

    private static string Sizes(string cell) => cell == "-" ? "AccessSizes.None" : string.Join(" | ", cell.Split(',').Select(size => "AccessSizes." + size switch
    {
        "1" => "One",
        "2" => "Two",
        "4" => "Four",
        "8" => "Eight",
        _ => throw new InvalidDataException($"context_fields.tsv: '{size}' is no size of access"),
    }));

    private static string Attach(string cell) => cell == "*" ? "" : string.Concat(cell.Split('|').Select(a => ", AttachType." + a));

    private static string CType(string name) => name.EndsWith("_t") ? name : "struct " + name;

    private static string FieldName(ModelTable.Row row) =>
        (row["dialect"] == "windows" ? "Windows" : "") + Names.Pascal(row["programs"].Split(' ')[0]) + (row["attach"] == "*" ? "" : "At" + row["attach"].Split('|')[0]);
}
