using Ebpf.Platforms;

namespace Ebpf;

/// <content>Attaching. On the embedded platform every hook is only a name, which <see cref="LoadedObject.Raise"/> raises.</content>
public sealed partial class BpfProgram
{
    /// <summary>Attaches the program to where its section says.</summary>
    /// <remarks>bpf_program__attach in libbpf. On the embedded platform that is a hook of this name, which <see cref="LoadedObject.Raise"/> runs.</remarks>
    /// <exception cref="BpfException">The section does not say where (<see cref="Errno.EOPNOTSUPP"/>), or the kernel refuses.</exception>
    public BpfLink Attach() => Attach(AutoAttachSection.Hook(Spec, AutoAttachKind)
        ?? throw new BpfException($"program '{Name}' in section '{SectionName}' does not say where it attaches: use the method of its kind (AttachXdp, AttachCgroup, …), or name a hook, Attach(\"…\")", Errno.EOPNOTSUPP) { Program = Name });

    /// <summary>Attaches the program to a hook by its name: on Linux what would stand in SEC(), such as <c>kprobe/do_unlinkat</c>; on the embedded platform any name.</summary>
    public BpfLink Attach(string hook)
    {
        ArgumentException.ThrowIfNullOrEmpty(hook);
        return Attach(new HookRequest(hook, this));
    }

    /// <summary>Attaches a program to what it was loaded for: fentry, fexit, fmod_ret, tp_btf, LSM, freplace.</summary>
    /// <param name="cookie">What bpf_get_attach_cookie answers; since Linux 6.1.</param>
    /// <remarks>bpf_program__attach_trace_opts and bpf_program__attach_lsm in libbpf; since Linux 5.5, LSM since 5.7.</remarks>
    public BpfLink AttachTrace(ulong cookie = 0) => Attach(new TargetRequest(SectionName, cookie));

    /// <summary>Attaches an extension program (freplace) to a function of another program than it was loaded for; since Linux 5.10.</summary>
    /// <param name="target">The program, loaded from an object with BTF.</param>
    /// <param name="function">Its global function.</param>
    public BpfLink AttachReplace(BpfProgram target, string function)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentException.ThrowIfNullOrEmpty(function);
        return Attach(new ReplaceRequest(target, function));
    }

    /// <summary>Makes an iterator of the program; <see cref="BpfLink.OpenIterator"/> reads what it writes. Since Linux 5.8.</summary>
    /// <param name="options">What it goes over; null for everything.</param>
    public BpfLink AttachIterator(IteratorOptions? options = null) =>
        Attach(new IteratorRequest(AttachTarget ?? SectionName, options ?? new IteratorOptions()));

}
