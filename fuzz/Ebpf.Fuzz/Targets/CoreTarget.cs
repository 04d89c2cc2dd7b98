using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;
using Ebpf.Fuzz.Mutation;

namespace Ebpf.Fuzz.Targets;

/// <summary>CO-RE: objects whose types and relocations are damaged, relocated against their own types and against others.</summary>
internal sealed class CoreTarget : IFuzzTarget
{
    private static readonly string[] s_objects = ["core_fields.o", "core_types.o", "core_enums.o", "core_flavors.o", "core_ambiguous.o", "core_skipped.o"];

    private readonly Lazy<Seed[]> _seeds = new(() => [.. s_objects.Select(name => ElfFields.OfTypes(File.ReadAllBytes(SeedFiles.Data(name))))]);
    private readonly Lazy<BtfView> _target = new(() => BtfView.Open(SeedFiles.Data("core_target_moved.o")));

    public string Name => "core";

    public byte[] Generate(Random random) => Mutator.Mutate(random, _seeds.Value);

    public void Run(byte[] input, ISteps steps)
    {
        ElfFile? file = null;
        BtfExt? ext = null;
        bool opened = steps.Do("read", () =>
        {
            file = ElfFile.Read(input, "input");
            ext = Ext(file);
        });
        if (!opened || ext is null)
            return;

        // One object's relocations are bounded together.
        steps.Do("against itself", () => Relocate(file!, ext, ext.Types));
        steps.Do("against types as damaged", () => Relocate(file!, ext, BtfView.Read(ext.Types.Bytes)));
        steps.Do("against others", () => Relocate(file!, ext, _target.Value));
    }

    private static BtfExt? Ext(ElfFile file) =>
        file.FindSection(".BTF") is ElfSection types && file.FindSection(".BTF.ext") is ElfSection ext ? BtfExt.Read(ext.Data, BtfView.Read(types.Data)) : null;

    private static void Relocate(ElfFile file, BtfExt ext, BtfView target)
    {
        var relocator = new CoreRelocator(ext.Types, new Bytecode.Relocation.CoreTarget(target));
        Instruction[] code = [.. Asm.LoadImmediate64(Register.R1, 0)];
        foreach (BtfExtSection<CoreRelocation> section in ext.Relocations.Sections)
        {
            ReadOnlySpan<byte> bytes = file.FindSection(section.Name) is ElfSection found ? found.Data.Span : default;
            foreach (CoreRelocation relocation in section.Records)
            {
                if (bytes.Length >= Instruction.Size && relocation.Offset <= (uint)(bytes.Length - Instruction.Size))
                    code[0] = Instruction.Read(bytes[(int)relocation.Offset..], file.IsLittleEndian);
                Relocate(relocator, code, relocation);
            }
        }
    }

    private static void Relocate(CoreRelocator relocator, Instruction[] code, CoreRelocation relocation)
    {
        try
        {
            relocator.Relocate(code, 0, relocation, "program");
        }
        catch (BpfException e) when (e.Errno != Errno.E2BIG)
        {
            // A loader stops here; the others may still find something.
        }
    }
}
