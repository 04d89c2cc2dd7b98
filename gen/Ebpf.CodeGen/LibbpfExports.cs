using System.Text;
using System.Text.RegularExpressions;

namespace Ebpf.CodeGen;

/// <summary>
/// The C ABI's outside: an entry point for each function of libbpf, the version script of the library, and the table of what works.
/// A function works where src/Ebpf.Native has a method of its name; the entry point of any other says that it does not.
/// </summary>
internal sealed partial class LibbpfExports
{
    private const string Folder = "src/Ebpf.Native";
    private const string DocsPath = "docs/libbpf-compat.md";
    private const string TableStart = "<!-- generated: functions -->";
    private const string TableEnd = "<!-- end of generated -->";

    // Structures that C code only has pointers to; the pointers are ours.
    private static readonly HashSet<string> Opaque =
    [
        "bpf_object", "bpf_program", "bpf_map", "bpf_link", "btf", "btf_ext", "btf_dump", "ring_buffer", "ring", "user_ring_buffer", "perf_buffer", "bpf_linker", "bpf_prog_linfo",
    ];

    private readonly ModelTable _model;
    private readonly string _root;
    private readonly Dictionary<string, string> _files;

    public LibbpfExports(ModelTable model, string root)
    {
        _model = model;
        _root = root;
        _files = ReadMethods(Path.Combine(root, Folder));
        string? unknown = _files.Keys.FirstOrDefault(name => model.Rows.All(row => row["function"] != name));
        if (unknown is not null)
            throw new InvalidDataException($"{Folder}/{_files[unknown]}: {unknown} is no function of gen/model/{model.Name}.tsv");
    }

    public IEnumerable<GeneratedFile> Generate() => [EntryPoints(), VersionScript(), Table()];

    private GeneratedFile EntryPoints()
    {
        var text = new StringBuilder(GeneratedFile.Header(_model.Name));
        text.Append("using System.Runtime.InteropServices;\nusing static Ebpf.Native.Libbpf;\n\nnamespace Ebpf.Native;\n\n");
        text.Append("/// <summary>The entry points. No exception leaves one: it becomes an error number.</summary>\n");
        text.Append("internal static unsafe class EntryPoints\n{\n");
        foreach (ModelTable.Row row in _model.Rows)
            Append(text, row);
        text.Length--;
        text.Append("}\n");
        return new GeneratedFile($"{Folder}/EntryPoints.g.cs", text.ToString());
    }

    private void Append(StringBuilder text, ModelTable.Row row)
    {
        string name = row["function"];
        string returns = TypeOf(row["returns"]);
        string outer = returns == "bool" ? "byte" : returns;
        string[] types = Parameters(row["parameters"]);
        text.Append($"    [UnmanagedCallersOnly(EntryPoint = \"{name}\")]\n");
        if (!_files.ContainsKey(name))
        {
            string absent = returns switch
            {
                "void" => $"Answer.Absent(\"{name}\")",
                "int" => $"Answer.Absent(\"{name}\")",
                "byte*" or "nint" when row["returns"].EndsWith('*') => $"({returns})Answer.AbsentPointer(\"{name}\")",
                "bool" => $"(byte)(Answer.Absent(\"{name}\") & 0)",
                _ => $"({returns})Answer.Absent(\"{name}\")",
            };
            text.Append($"    private static {outer} {name}() {(returns == "void" ? $"{{ {absent}; }}" : $"=> {absent};")}\n\n");
            return;
        }

        string parameters = string.Join(", ", types.Select((type, i) => $"{(type == "bool" ? "byte" : type)} p{i}"));
        string arguments = string.Join(", ", types.Select((type, i) => type == "bool" ? $"p{i} != 0" : $"p{i}"));
        string call = $"Libbpf.{name}({arguments})";
        string answer = returns switch
        {
            "void" => $"{call}",
            "int" when row["errors"] == "code" => $"return Answer.Code({call})",
            "bool" => $"return {call} ? (byte)1 : (byte)0",
            _ => $"return {call}",
        };
        string caught = returns switch
        {
            "void" => "Answer.Caught(e)",
            "int" => "return Answer.Caught(e)",
            "bool" => "Answer.Caught(e);\n            return 0",
            "nint" or "byte*" when row["returns"].EndsWith('*') => $"return ({returns})Answer.CaughtPointer(e)",
            _ => $"return ({outer})Answer.Caught(e)",
        };
        text.Append($"    private static {outer} {name}({parameters})\n    {{\n        try\n        {{\n            {answer};\n        }}\n");
        text.Append($"        catch (Exception e)\n        {{\n            {caught};\n        }}\n    }}\n\n");
    }

    private GeneratedFile VersionScript()
    {
        var text = new StringBuilder($"# Made by gen/Ebpf.CodeGen from gen/model/{_model.Name}.tsv.\n");
        string before = "";
        foreach (IGrouping<string, ModelTable.Row> node in _model.Rows.GroupBy(row => row["version"]))
        {
            text.Append(node.Key).Append(" {\n\tglobal:\n");
            foreach (ModelTable.Row row in node)
                text.Append($"\t\t{row["function"]};\n");
            text.Append(before.Length == 0 ? "\tlocal:\n\t\t*;\n};\n" : $"}} {before};\n");
            before = node.Key;
        }

        return new GeneratedFile($"{Folder}/libbpf.map", text.ToString());
    }

    private GeneratedFile Table()
    {
        string docs = File.ReadAllText(Path.Combine(_root, DocsPath));
        int start = docs.IndexOf(TableStart, StringComparison.Ordinal);
        int end = docs.IndexOf(TableEnd, StringComparison.Ordinal);
        if (start < 0 || end < start)
            throw new InvalidDataException($"{DocsPath} has no '{TableStart}' before '{TableEnd}'");
        var table = new StringBuilder();
        table.Append($"{TableStart}\n\n{_files.Count} of {_model.Rows.Count} functions work.\n\n| function | since | works | where |\n|---|---|---|---|\n");
        foreach (ModelTable.Row row in _model.Rows)
        {
            bool works = _files.TryGetValue(row["function"], out string? file);
            table.Append($"| `{row["function"]}` | {row["version"]["LIBBPF_".Length..]} | {(works ? $"yes | {file}" : "no |")} |\n");
        }

        return new GeneratedFile(DocsPath, $"{docs[..start]}{table}\n{docs[end..]}");
    }

    private static Dictionary<string, string> ReadMethods(string folder)
    {
        var methods = new Dictionary<string, string>();
        foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(static f => !f.EndsWith(".g.cs") && !f.Contains("/obj/") && !f.Contains("/bin/")).Order(StringComparer.Ordinal))
        {
            foreach (Match match in MethodPattern().Matches(File.ReadAllText(file)))
                methods.Add(match.Groups[1].Value, Path.GetRelativePath(folder, file).Replace('\\', '/'));
        }

        return methods;
    }

    private static string[] Parameters(string text)
    {
        if (text is "void" or "")
            return [];
        var parts = new List<string>();
        int depth = 0, start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
            else
            {
                depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            }
        }

        return [.. parts.Select(static p => p.Contains("(*") ? "void*" : TypeOf(NamePattern().Replace(p.Trim(), "")))];
    }

    /// <summary>How C# sees a type of the headers: pointers to what is ours are numbers, those to numbers are typed, all others are bytes.</summary>
    private static string TypeOf(string type)
    {
        type = type.Replace("const ", "").Trim();
        if (type.EndsWith("_fn") || type.EndsWith("_fn_t"))
            return "void*";
        int stars = type.Count(static c => c == '*');
        string name = type.TrimEnd('*', ' ');
        if (stars > 1)
            return "void**";
        if (stars == 1 && name.StartsWith("struct ", StringComparison.Ordinal))
            return Opaque.Contains(name["struct ".Length..]) ? "nint" : "byte*";
        string plain = name switch
        {
            "void" => stars == 0 ? "void" : "byte",
            "char" or "__u8" => "byte",
            "int" or "pid_t" or "__s32" => "int",
            "long" => "nint",
            "unsigned long" or "size_t" => "nuint",
            "unsigned int" or "__u32" => "uint",
            "__u64" => "ulong",
            "__s64" => "long",
            "bool" => "bool",
            _ when name.StartsWith("enum ", StringComparison.Ordinal) => "uint",
            _ => throw new InvalidDataException($"the type '{type}' has no counterpart"),
        };
        return stars == 1 ? plain + "*" : plain;
    }

    [GeneratedRegex(@"^    (?:public|internal) static [\w*]+ ((?:bpf|btf|libbpf|ring|user_ring|perf|__?\w+)_\w+)\(", RegexOptions.Multiline)]
    private static partial Regex MethodPattern();

    // The name at a parameter's end, which its type is written before.
    [GeneratedRegex(@"(?<=[\s*])\w+$")]
    private static partial Regex NamePattern();
}
