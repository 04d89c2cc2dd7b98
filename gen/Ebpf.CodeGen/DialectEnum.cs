using System.Text;

namespace Ebpf.CodeGen;

/// <summary>
/// An enum whose members keep Linux's numbers where Linux has them; what only eBPF for Windows has lies at <see cref="WindowsBase"/> plus
/// its number there. A table of names and of numbers per dialect comes with it.
/// </summary>
internal static class DialectEnum
{
    private const int WindowsBase = 0x10000;

    /// <summary>Where the values of helpers of one program type begin: their numbers are not unique.</summary>
    private const int ExtensionBase = 0x30000;

    public static IEnumerable<GeneratedFile> Generate(ModelTable model, string name, string summary, string folder)
    {
        ModelTable.Row[] extensions = [.. model.Rows.Where(IsExtension)];
        var text = new StringBuilder(GeneratedFile.Header(model.Name));
        text.Append("namespace Ebpf;\n\n");
        text.Append($"/// <summary>{summary}</summary>\n");
        text.Append("/// <remarks>Members keep Linux's numbers; what only eBPF for Windows has starts at 65536. Numbers in an object's own dialect: <see cref=\"").Append(name).Append("Table\"/>.</remarks>\n");
        text.Append($"public enum {name}\n{{\n");
        foreach (ModelTable.Row row in model.Rows)
            text.Append($"    /// <summary><c>{row["text"]}</c>.</summary>\n    {row["name"]} = {Value(row, extensions)},\n");
        text.Append("}\n\n");

        text.Append($"/// <summary>Names of <see cref=\"{name}\"/>, and its numbers in each dialect.</summary>\n");
        text.Append($"public static class {name}Table\n{{\n");
        text.Append("    /// <summary>The name that the field's tools print.</summary>\n");
        text.Append($"    public static string Text(this {name} value) => value switch\n    {{\n");
        foreach (ModelTable.Row row in model.Rows)
            text.Append($"        {name}.{row["name"]} => \"{row["text"]}\",\n");
        text.Append("        _ => ((int)value).ToString(),\n    };\n\n");

        text.Append("    /// <summary>The value that a number means in a dialect, null where it means none.</summary>\n");
        text.Append($"    public static {name}? From(Dialect dialect, int number) => dialect == Dialect.Windows ? FromWindows(number) : FromLinux(number);\n\n");
        text.Append("    /// <summary>The number of a value in a dialect, null where the dialect has none.</summary>\n");
        text.Append($"    public static int? Number(this {name} value, Dialect dialect) => dialect == Dialect.Windows ? ToWindows(value) : ToLinux(value);\n\n");

        if (extensions.Length > 0)
            AppendExtensions(text, name, extensions);
        foreach (string dialect in new[] { "Linux", "Windows" })
        {
            string column = dialect.ToLowerInvariant();
            ModelTable.Row[] rows = [.. model.Rows.Where(r => !(IsExtension(r) && column == "windows") && r.Number(column) is not null).DistinctBy(r => r.Number(column))];
            text.Append($"    private static {name}? From{dialect}(int number) => number switch\n    {{\n");
            foreach (ModelTable.Row row in rows)
                text.Append($"        {row.Number(column)} => {name}.{row["name"]},\n");
            text.Append("        _ => null,\n    };\n\n");
            text.Append($"    private static int? To{dialect}({name} value) => value switch\n    {{\n");
            foreach (ModelTable.Row row in rows)
                text.Append($"        {name}.{row["name"]} => {row.Number(column)},\n");
            foreach (ModelTable.Row row in column == "windows" ? extensions : [])
                text.Append($"        {name}.{row["name"]} => {row.Number("windows")},\n");
            text.Append("        _ => null,\n    };\n\n");
        }
        text.Length--;
        text.Append("}\n");
        yield return new GeneratedFile($"{folder}/{name}.g.cs", text.ToString());
    }

    private static void AppendExtensions(StringBuilder text, string name, ModelTable.Row[] extensions)
    {
        text.Append("    /// <summary>The value that a number means in programs of a type: numbers from 65536 on belong to the type's extension.</summary>\n");
        text.Append($"    public static {name}? From(Dialect dialect, int number, ProgramType program) => dialect == Dialect.Windows && number >= {WindowsBase} ? FromExtension(program, number) : From(dialect, number);\n\n");
        text.Append($"    private static {name}? FromExtension(ProgramType program, int number) => (program, number) switch\n    {{\n");
        foreach (ModelTable.Row row in extensions)
        {
            string[] parts = row["windows"].Split('/');
            text.Append($"        (ProgramType.{parts[0]}, {parts[1]}) => {name}.{row["name"]},\n");
        }

        text.Append("        _ => null,\n    };\n\n");
    }

    private static bool IsExtension(ModelTable.Row row) => row["windows"].Contains('/');

    private static int Value(ModelTable.Row row, ModelTable.Row[] extensions) => row.Number("linux")
        ?? (IsExtension(row) ? ExtensionBase + Array.IndexOf(extensions, row) : row.Number("windows") is int windows ? WindowsBase + windows : -1);
}
