using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Fuzz.Mutation;

/// <summary>The numbers of an object: those of its ELF file and types, and those of its instructions and data.</summary>
internal static class ObjectFields
{
    private static readonly Field[] s_instruction = [new(0, 1), new(1, 1), new(2, 2), new(4, 4)];

    /// <summary>A seed with all of them.</summary>
    public static Seed Of(byte[] bytes)
    {
        Seed elf = ElfFields.Of(bytes);
        List<Field> fields = [.. elf.Fields];
        ElfFile file = ElfFile.Read(bytes, "seed");
        foreach (ElfSection section in file.Sections)
        {
            int start = (int)section.FileOffset;
            if (section.IsExecutable)
            {
                for (int at = 0; at + Instruction.Size <= section.Data.Length; at += Instruction.Size)
                    fields.AddRange(s_instruction.Select(f => f with { Offset = start + at + f.Offset }));
            }
            else if (section.Name is "maps" or ".maps" or "license" or "version" || section.Name.StartsWith(".data", StringComparison.Ordinal) || section.Name.StartsWith(".rodata", StringComparison.Ordinal))
            {
                for (int at = 0; at + 4 <= section.Data.Length; at += 4)
                    fields.Add(new Field(start + at, 4));
            }
        }

        return new Seed(bytes, [.. fields], elf.IsLittleEndian);
    }
}
