using System.Runtime.CompilerServices;

namespace Ebpf.Tests;

/// <summary>Finds and opens committed objects, wherever the tests run from.</summary>
internal static class TestData
{
    /// <summary>A file in tests/testdata.</summary>
    public static string Path(string name) => System.IO.Path.Combine(Root(), "tests", "testdata", name);

    /// <summary>The object of a sample.</summary>
    public static string Sample(string name) => System.IO.Path.Combine(Root(), "samples", name, name + ".o");

    /// <summary>Opens a file in tests/testdata, by its name without extension.</summary>
    public static BpfObject Open(string name) => BpfObject.Open(Path(name + ".o"));

    /// <summary>Opens the object of a sample.</summary>
    public static BpfObject OpenSample(string name) => BpfObject.Open(Sample(name));

    /// <summary>Leaves only the named programs on.</summary>
    public static BpfObject Only(this BpfObject obj, params string[] names)
    {
        foreach (BpfProgramSpec program in obj.Programs)
        {
            program.AutoLoad = names.Contains(program.Name);
        }

        return obj;
    }

    /// <summary>Every committed object, as paths below the repository's root.</summary>
    public static IEnumerable<string> AllObjects() =>
        Directory.EnumerateFiles(System.IO.Path.Combine(Root(), "tests", "testdata"), "*.o")
            .Concat(Directory.EnumerateFiles(System.IO.Path.Combine(Root(), "samples"), "*.o", SearchOption.AllDirectories))
            .Select(static path => System.IO.Path.GetRelativePath(Root(), path))
            .Order(StringComparer.Ordinal);

    /// <summary>A file by its path below the repository's root.</summary>
    public static string Root(string file) => System.IO.Path.Combine(Root(), file);

    private static string Root() => FindRoot();

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Ebpf.slnx")))
        {
            folder = System.IO.Path.GetDirectoryName(folder);
        }

        return folder ?? System.IO.Path.GetFullPath(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(thisFile)!, "..", ".."));
    }
}
