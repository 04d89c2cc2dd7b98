using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;
using Ebpf.Bytecode.Tests.Btf;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Bytecode.Tests.Relocation;

/// <summary>A local and a target type information to relocate between, and the questions that a program can ask.</summary>
internal sealed class CoreScene(bool littleEndian = true)
{
    public BtfBuilder Local { get; } = new(littleEndian);

    public BtfBuilder Target { get; } = new(littleEndian);

    /// <summary>The answer to a relocation on <c>r1 = original</c>.</summary>
    public CoreResolution Ask(CoreRelocationKind kind, uint type, string access) => Relocator(access, out uint offset).Resolve(new CoreRelocation(0, type, offset, kind));

    /// <summary>Relocates one instruction (or the two slots of a wide load), and gives what became of it.</summary>
    public Instruction[] Patch(CoreRelocationKind kind, uint type, string access, params Instruction[] code)
    {
        Relocator(access, out uint offset).Relocate(code, 0, new CoreRelocation(0, type, offset, kind), "program");
        return code;
    }

    /// <summary>The text of what became of an instruction.</summary>
    public string PatchedText(CoreRelocationKind kind, uint type, string access, Instruction instruction) =>
        Disassembler.Text(Patch(kind, type, access, instruction)[0]);

    /// <summary>The one line that says why a relocation fails.</summary>
    public BpfException Failure(CoreRelocationKind kind, uint type, string access, Instruction? instruction = null) =>
        Assert.ThrowsAny<BpfException>(() => Patch(kind, type, access, instruction ?? Asm.Mov64(R1, 0)));

    // Paths are strings of the local types: they must be known before these are built.
    private CoreRelocator Relocator(string access, out uint offset)
    {
        offset = Local.String(access);
        return new CoreRelocator(Local.View("local"), new CoreTarget(Target.View("target")));
    }
}
