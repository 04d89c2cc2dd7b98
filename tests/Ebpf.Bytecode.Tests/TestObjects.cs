using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests;

/// <summary>Opens the repository's objects.</summary>
internal static class TestObjects
{
    /// <summary>An object of tests/testdata, by its name without extension.</summary>
    public static ObjectImage Read(string name, ObjectStrictness strictness = ObjectStrictness.Default) =>
        ObjectImage.Read(File.ReadAllBytes(TestFiles.Data($"{name}.o")), $"{name}.o", strictness);

    /// <summary>The object of a sample.</summary>
    public static ObjectImage Sample(string name) => ObjectImage.Read(File.ReadAllBytes(TestFiles.Sample(name)), $"{name}.o");
}
