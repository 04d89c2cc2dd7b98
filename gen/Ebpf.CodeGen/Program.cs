// Writes every *.g.cs from the tables in gen/model. `--check` writes nothing and fails where a file is not current.
using Ebpf.CodeGen;

bool check = args.Contains("--check");
string root = RepositoryRoot.Find(AppContext.BaseDirectory);
ModelTable Model(string name) => ModelTable.Read(Path.Combine(root, "gen", "model", name + ".tsv"));

var groups = new ProgramGroups(Model("program_groups"), Model("program_types"));

GeneratedFile[] errorPages = [.. ErrorPages.Generate(root)];
GeneratedFile[] files =
[
    .. DialectEnum.Generate(Model("map_types"), "MapType", "The type of a map.", "src/Ebpf.Bytecode/Vocabulary"),
    .. DialectEnum.Generate(Model("program_types"), "ProgramType", "The type of a program.", "src/Ebpf.Bytecode/Vocabulary"),
    .. DialectEnum.Generate(Model("attach_types"), "AttachType", "The expected attach type of a program.", "src/Ebpf.Bytecode/Vocabulary"),
    .. DialectEnum.Generate(Model("helpers"), "HelperId", "A helper function.", "src/Ebpf.Bytecode/Vocabulary"),
    SectionTable.Generate(Model("sections")),
    new HelperPrototypeTable(Model("helper_prototypes"), Model("helpers"), groups).Generate(),
    .. SinceTable.Generate(Model("since")),
    KernelFunctionTable.Generate(Model("kernel_functions"), groups),
    ContextLayoutTable.Generate(Model("context_fields"), Model("context_layouts"), groups),
    new HelperPages(Model("helpers"), Model("helper_prototypes"), root).Generate(),
    .. new LibbpfExports(Model("libbpf_exports"), root).Generate(),
    .. errorPages,
];

int stale = 0;
foreach (GeneratedFile file in files)
{
    string path = Path.Combine(root, file.Path);
    if (File.Exists(path) && File.ReadAllText(path) == file.Text)
        continue;
    stale++;
    Console.WriteLine($"{(check ? "not current" : "written")}: {file.Path}");
    if (!check)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, file.Text);
    }
}
foreach (string page in ErrorPages.Unwritten(errorPages))
{
    stale++;
    Console.WriteLine($"cause and cure are to be written: {page}");
}

Console.WriteLine($"{files.Length} generated files, {stale} {(check ? "not current" : "written")}");
return check && stale > 0 ? 1 : 0;
