using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>
/// What a type of program runs on: how its context and packet are laid out from a request, as BPF_PROG_TEST_RUN of that type does it, and read back.
/// Stateless: what belongs to a run is in the <see cref="Run"/>.
/// </summary>
internal abstract class Hook
{
    // A cache: all programs of a type share their layout.
    private static readonly ConditionalWeakTable<ContextLayout, ContextMap> s_maps = [];

    /// <summary>The hook of a program's type.</summary>
    internal static Hook For(ProgramType type) => type switch
    {
        ProgramType.Unspec => MemoryHook.Instance,
        ProgramType.Xdp => XdpHook.Instance,
        ProgramType.SchedCls or ProgramType.SchedAct => SocketBufferHook.Link,
        ProgramType.SocketFilter or ProgramType.CgroupSkb or ProgramType.LwtIn or ProgramType.LwtOut or ProgramType.LwtXmit
            or ProgramType.LwtSeg6local or ProgramType.SkSkb => SocketBufferHook.Network,
        _ => BytesHook.Instance,
    };

    /// <summary>Tests that the hook provides every pointer that a verified program loads from its context.</summary>
    /// <exception cref="BpfException">EOPNOTSUPP: it does not.</exception>
    internal void Check(ProgramSpec spec, Facts facts)
    {
        for (int slot = 0; slot < facts.Instructions.Length; slot++)
        {
            if (facts.Instructions[slot].ContextField is not (>= 0 and short index))
                continue;
            ContextField field = facts.Context.Fields[index];
            if (!Provides(field.Kind))
            {
                throw new BpfException(
                    $"program '{spec.Name}', instruction {slot}: the embedded platform does not provide {field.Name} in {facts.Context.Name}; run the program on Linux", Errno.EOPNOTSUPP)
                {
                    Program = spec.Name,
                };
            }
        }
    }

    /// <summary>The map of the context, for programs of which the layout is known or not.</summary>
    internal virtual ContextMap MapContext(ContextLayout? layout) => layout is null ? new ContextMap(null) : s_maps.GetValue(layout, known => new ContextMap(known));

    /// <summary>Tests a request and makes room for it: once for any number of repetitions.</summary>
    /// <exception cref="BpfException">EINVAL: it does not fit.</exception>
    internal abstract void Prepare(Run run, RunRequest request);

    /// <summary>Lays out packet and context and sets the arguments, for each repetition.</summary>
    internal abstract void Enter(Run run);

    /// <summary>The packet afterwards.</summary>
    internal abstract byte[] Data(Run run);

    /// <summary>The context afterwards.</summary>
    internal abstract byte[] Context(Run run);

    /// <summary>Whether contexts of this hook can have fields of this kind.</summary>
    private protected virtual bool Provides(ContextFieldKind kind) =>
        kind is ContextFieldKind.Scalar or ContextFieldKind.SocketOrNull or ContextFieldKind.FullSocketOrNull or ContextFieldKind.FullSocket;

    private protected static BpfException Invalid(string reason) => new(reason, Errno.EINVAL);
}
