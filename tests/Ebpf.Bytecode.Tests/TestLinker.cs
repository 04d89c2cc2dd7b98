using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bytecode.Tests;

/// <summary>Links programs as a load would that creates every map and finds every extern, unless the test says otherwise.</summary>
internal static class TestLinker
{
    public static ProgramSpec Link(ObjectImage image, string program, LinkTargets? targets = null) =>
        new ProgramLinker(image, targets ?? Everything(image)).Link(Program(image, program));

    public static FunctionImage Program(ObjectImage image, string name) => image.Programs.Single(p => p.Name == name);

    public static LinkTargets Everything(ObjectImage image) => new()
    {
        Maps = [.. Enumerable.Range(0, image.Maps.Length)],
        Externs = [.. image.Externs.Select(static _ => ExternValue.Resolved)],
    };

    /// <summary>The types of an object of tests/testdata, as a target for CO-RE.</summary>
    public static CoreTarget Target(string name)
    {
        ElfFile file = ElfFile.Read(File.ReadAllBytes(TestFiles.Data($"{name}.o")), name);
        return new CoreTarget(BtfView.Read(file.FindSection(".BTF")!.Data, name));
    }

    /// <summary>The instructions with their slots, a wide one at its first.</summary>
    public static IEnumerable<(int Slot, Instruction Instruction)> Slots(ProgramSpec program)
    {
        for (int i = 0; i < program.Instructions.Length; i++)
        {
            yield return (i, program.Instructions[i]);
            if (program.Instructions[i].IsWide)
                i++;
        }
    }
}
