using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;

namespace Ebpf;

/// <summary>A program of an object: what the file says, and what of it is to be loaded and how. Plain data; for one thread.</summary>
public sealed class BpfProgramSpec
{
    private Instruction[]? _instructions;

    internal BpfProgramSpec(FunctionImage image)
    {
        Image = image;
        Type = image.Type;
        AttachType = image.AttachType;
        AttachTarget = image.AttachTarget;
        AutoLoad = image.AutoLoad;
    }

    internal FunctionImage Image { get; }

    /// <summary>What else the kernel is told; null for nothing.</summary>
    internal Bytecode.Specs.ProgramExtras? Extras { get; set; }

    /// <summary>Its name: the function's symbol.</summary>
    public string Name => Image.Name;

    /// <summary>The section it is in, without a leading '?'.</summary>
    public string SectionName => Image.SectionName;

    /// <summary>Its type; <see cref="ProgramType.Unspec"/> where the section's name means none, which fails only when it is loaded.</summary>
    public ProgramType Type { get; set; }

    /// <summary>Its expected attach type.</summary>
    public AttachType AttachType { get; set; }

    /// <summary>The function, tracepoint or hook that it is for; null where the section names none.</summary>
    public string? AttachTarget { get; set; }

    /// <summary>
    /// The loaded program whose function <see cref="AttachTarget"/> is: what an extension (freplace) is verified against, or a program of type fentry or
    /// fexit traces. Null where the target is the kernel's. Since Linux 5.6.
    /// </summary>
    /// <remarks>The first argument of bpf_program__set_attach_target in libbpf.</remarks>
    public BpfProgram? AttachProgram { get; set; }

    /// <summary>
    /// Whether it is loaded with the object: true, unless its section is named <c>?…</c>. One that is off is not relocated, verified or compiled,
    /// gets no memory, no descriptor and no log, and nothing that is wrong with it can fail the load.
    /// </summary>
    public bool AutoLoad { get; set; }

    /// <summary>Whether <see cref="LoadedObject.Attach()"/> attaches it.</summary>
    public bool AutoAttach { get; set; } = true;

    /// <summary>How its section attaches by itself; <see cref="AutoAttachKind.None"/> where the caller must say where.</summary>
    public AutoAttachKind AutoAttachKind => Image.AutoAttach;

    /// <summary>Whether it may sleep.</summary>
    public bool IsSleepable => Image.IsSleepable;

    /// <summary>Instructions of its own, without subprograms.</summary>
    public int InstructionCount => Image.Instructions.Length;

    /// <summary>Its instructions as the file has them: unrelocated.</summary>
    public ReadOnlySpan<Instruction> Instructions => _instructions ??= Image.Instructions.ToArray();

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({SectionName}){(AutoLoad ? "" : ", off")}";
}
