using Ebpf.Bytecode.Elf;
using Ebpf.Fuzz.Targets;

namespace Ebpf.Fuzz.Mutation;

/// <summary>The committed objects, from which inputs are made.</summary>
internal static class SeedFiles
{
    /// <summary>A file of tests/testdata.</summary>
    public static string Data(string name) => Path.Combine(Root(), "tests", "testdata", name);

    /// <summary>All objects that are small enough, in an order that is the same everywhere.</summary>
    public static IEnumerable<byte[]> Objects() =>
        Directory.EnumerateFiles(Path.Combine(Root(), "tests", "testdata"), "*.o")
            .Concat(Directory.EnumerateFiles(Path.Combine(Root(), "samples"), "*.o", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)
            .Where(bytes => bytes.Length <= Limits.InputBytes);

    /// <summary>A section of every object that has it.</summary>
    public static IEnumerable<byte[]> Sections(string name) =>
        Objects().Select(bytes => ElfFile.Read(bytes, "seed").FindSection(name)).OfType<ElfSection>().Select(section => section.Data.ToArray());

    private static string Root()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Ebpf.slnx")))
                return folder;
        }

        throw new DirectoryNotFoundException("the fuzzers take their inputs from the repository, and must run below it");
    }
}
