using System.Runtime.CompilerServices;

namespace Ebpf.Bytecode.Tests;

/// <summary>Finds committed objects, wherever the tests run from.</summary>
internal static class TestFiles
{
    /// <summary>A file in tests/testdata.</summary>
    public static string Data(string name) => Path.Combine(Root(), "tests", "testdata", name);

    /// <summary>The object of a sample.</summary>
    public static string Sample(string name) => Path.Combine(Root(), "samples", name, name + ".o");

    /// <summary>All committed objects.</summary>
    public static IEnumerable<string> AllObjects() =>
        Directory.EnumerateFiles(Path.Combine(Root(), "tests", "testdata"), "*.o")
            .Concat(Directory.EnumerateFiles(Path.Combine(Root(), "samples"), "*.o", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);

    private static string Root([CallerFilePath] string thisFile = "")
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Ebpf.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));
    }
}
