using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>
/// What a type of program runs on: how its context and packet are laid out from a request, as BPF_PROG_TEST_RUN of that type does it, and read back.
/// Stateless: what belongs to a run is in the <see cref="Run"/>.
/// </summary>
internal abstract class Hook
{
    /// <summary>The hook of a program's type.</summary>
    /// <exception cref="BpfException">EOPNOTSUPP: the context has pointers that this platform cannot provide.</exception>
    internal static Hook For(ProgramSpec spec, ContextLayout? layout)
    {
        Hook hook = spec.Type switch
        {
            ProgramType.Unspec => MemoryHook.Instance,
            ProgramType.Xdp => XdpHook.Instance,
            ProgramType.SchedCls or ProgramType.SchedAct => SocketBufferHook.Link,
            ProgramType.SocketFilter or ProgramType.CgroupSkb or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit
                or ProgramType.LwtSeg6local or ProgramType.SkSkb => SocketBufferHook.Network,
            _ => BytesHook.Instance,
        };
        if (layout is null)
            return hook;

        foreach (ContextField field in layout.Fields)
        {
            if (!hook.Provides(field.Kind))
            {
                throw new BpfException(
                    $"program '{spec.Name}': programs of type {spec.Type.Text()} get {field.Name} in {layout.Name}, which the embedded platform does not provide; run it on Linux", Errno.EOPNOTSUPP)
                {
                    Program = spec.Name,
                };
            }
        }

        return hook;
    }

    /// <summary>The map of the context, for programs of which the layout is known or not.</summary>
    internal virtual ContextMap MapContext(ContextLayout? layout) => new(layout);

    /// <summary>Tests a request and makes room for it: once for any number of repetitions.</summary>
    /// <exception cref="BpfException">EINVAL: it does not fit.</exception>
    internal abstract void Prepare(Run run, RunRequest request);

    /// <summary>Lays out packet and context and sets the arguments, for each repetition.</summary>
    internal abstract void Enter(Run run);

    /// <summary>Called after each repetition.</summary>
    internal virtual void Leave(Run run)
    {
    }

    /// <summary>The packet afterwards.</summary>
    internal abstract byte[] Data(Run run);

    /// <summary>The context afterwards.</summary>
    internal abstract byte[] Context(Run run);

    /// <summary>Whether contexts of this hook can have fields of this kind. A socket may be null, and is.</summary>
    private protected virtual bool Provides(ContextFieldKind kind) => kind is ContextFieldKind.Scalar or ContextFieldKind.SocketOrNull;

    private protected static BpfException Invalid(string reason) => new(reason, Errno.EINVAL);
}
