using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Links;

namespace Ebpf.Platforms.Linux;

/// <content>What programs are loaded for that attach by BTF id: fentry, fexit, fmod_ret, tp_btf, iterators, LSM hooks.</content>
internal sealed partial class LinuxLoad
{
    /// <remarks>libbpf_find_attach_btf_id in libbpf.c.</remarks>
    private AttachTarget FindAttachTarget(ProgramSpec program, IProgramHandle? attachProgram, (IMapHandle Map, string Member)? structOps)
    {
        if (structOps is ({ } map, { } functionMember) && map is Maps.LinuxMapHandle { StructOps: { } layout })
        {
            return new AttachTarget(layout.Structure.Id, _kernel.DescriptorOf(layout.Structure)) { Member = (uint)layout[functionMember].Index };
        }

        if (program.Type is not (ProgramType.Tracing or ProgramType.Lsm or ProgramType.Ext))
        {
            return default;
        }

        if (program.Extras is { AttachTypeId: > 0 } given)
        {
            return new AttachTarget(given.AttachTypeId, given.AttachProgram);
        }

        if (string.IsNullOrEmpty(program.AttachTarget))
        {
            throw new BpfException(
                $"program '{program.Name}' in section '{program.SectionName}' does not say what it attaches to, which the verifier must know: name it in the section, or set BpfProgramSpec.AttachTarget",
                Errno.EINVAL)
            { Program = program.Name };
        }

        if (attachProgram is not null)
        {
            int descriptor = attachProgram.Fd ?? throw new BpfException($"program '{program.Name}' attaches to a program of another platform", Errno.EINVAL) { Program = program.Name };
            return new AttachTarget(ProgramBtf.FindFunction(descriptor, program.AttachTarget), descriptor);
        }

        if (program.Type == ProgramType.Ext)
        {
            throw new BpfException($"program '{program.Name}' replaces a function of another program: say which, by BpfProgramSpec.AttachProgram", Errno.EINVAL) { Program = program.Name };
        }

        if (_kernel.Vmlinux is null)
        {
            throw new BpfNotSupportedException($"program '{program.Name}': attaching by type", "running kernel's Linux", "a kernel with type information (CONFIG_DEBUG_INFO_BTF)", Errno.ESRCH);
        }

        (string prefix, BtfKind kind) = program.AttachType switch
        {
            AttachType.TraceRawTp => ("btf_trace_", BtfKind.Typedef),
            AttachType.LsmMac or AttachType.LsmCgroup => ("bpf_lsm_", BtfKind.Func),
            AttachType.TraceIter => ("bpf_iter_", BtfKind.Func),
            _ => ("", BtfKind.Func),
        };
        int colon = program.AttachTarget.IndexOf(':');
        string? module = colon < 0 ? null : program.AttachTarget[..colon];
        string name = program.AttachTarget[(colon + 1)..];
        return _kernel.Find(prefix + name, kind, module) is { } found
            ? new AttachTarget(found.Id, _kernel.DescriptorOf(found))
            : throw new BpfException(
                $"program '{program.Name}' attaches to '{program.AttachTarget}', of which {(module is null ? "neither the kernel nor its modules know" : $"{module} does not know")} (looked for {kind} '{prefix}{name}')",
                Errno.ESRCH)
            { Program = program.Name };
    }

    /// <summary>A function, tracepoint or hook of the kernel.</summary>
    /// <param name="TypeId">Its BTF id; 0 for none.</param>
    /// <param name="Descriptor">The module's types, or the program that it is in; 0 for vmlinux.</param>
    private readonly record struct AttachTarget(uint TypeId, int Descriptor)
    {
        /// <summary>The number of the member for struct_ops, which stands in for the attach type.</summary>
        public uint? Member { get; init; }
    }
}
