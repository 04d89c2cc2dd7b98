using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bytecode.Tests;

/// <summary>Links programs as a load would that creates every map and finds every extern.</summary>
internal static class TestLinker
{
    public static ProgramSpec Link(ObjectImage image, string program) =>
        new ProgramLinker(image, Everything(image)).Link(image.Programs.Single(p => p.Name == program));

    public static LinkTargets Everything(ObjectImage image) => new()
    {
        Maps = [.. Enumerable.Range(0, image.Maps.Length)],
        Externs = [.. image.Externs.Select(static _ => ExternValue.Resolved)],
    };
}
