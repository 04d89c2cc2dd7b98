using Ebpf.Bytecode.Specs;
using Ebpf.Loading;
using Ebpf.Platforms;
using Ebpf.Runtime;

namespace Ebpf;

/// <summary>A loaded program: of a <see cref="LoadedObject"/>, with which it goes, or opened by itself. Safe for concurrent use.</summary>
public sealed partial class BpfProgram
{
    /// <summary>What the kernel's test_run callers send where they have no packet of their own.</summary>
    private const int DefaultPacketSize = 64;

    private readonly LoadedObject? _owner;

    internal BpfProgram(LoadedObject owner, LoadedProgram loaded, ProgramPlan plan)
    {
        _owner = owner;
        Spec = loaded.Spec;
        Handle = loaded.Handle;
        Host = loaded.Host;
        AutoAttach = plan.AutoAttach;
        AutoAttachKind = plan.Image.AutoAttach;
    }

    internal ProgramSpec Spec { get; }

    internal IProgramHandle Handle { get; }

    internal Hosting.HostProgramType? Host { get; }

    /// <summary>Where it is loaded.</summary>
    internal Platform Platform => _owner?.Platform ?? Platform.Linux;

    /// <summary>Its name.</summary>
    public string Name => Spec.Name;

    /// <summary>The section it came from, without a leading '?'.</summary>
    public string SectionName => Spec.SectionName;

    /// <summary>Its type.</summary>
    public ProgramType Type => Spec.Type;

    /// <summary>Its expected attach type.</summary>
    public AttachType AttachType => Spec.AttachType;

    /// <summary>What its section names after the slash: a function, tracepoint, hook; null where it names nothing.</summary>
    public string? AttachTarget => Spec.AttachTarget;

    /// <summary>Whether <see cref="LoadedObject.Attach()"/> attaches it.</summary>
    public bool AutoAttach { get; }

    /// <summary>How its section attaches by itself; <see cref="AutoAttachKind.None"/> where the caller must say where.</summary>
    public AutoAttachKind AutoAttachKind { get; }

    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    public int? Fd => Handle.Fd;

    /// <summary>The instructions that were loaded: relocated, subprograms appended.</summary>
    public IReadOnlyList<Bytecode.Isa.Instruction> Instructions => Spec.Instructions;

    /// <summary>The functions that were loaded: the program, then each subprogram that it reaches.</summary>
    public IReadOnlyList<string> Functions => [.. Spec.Functions.Select(static f => f.Name)];

    /// <summary>Runs the program once or repeatedly with a packet and a context of the caller's (BPF_PROG_TEST_RUN).</summary>
    public RunResult Run(RunOptions? options = null)
    {
        options ??= RunOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Repeat, 1, nameof(options));
        bool takesPacket = Host is null ? PacketPrograms.Take(Type) : Host.Layout.Fields.Any(static f => f.IsPointer);
        if (!takesPacket && !PacketPrograms.MayTake(Type) && options.Data is { Length: > 0 })
        {
            throw new BpfException($"program '{Name}' is of type {Type.Text()}, which takes no packet: give a context instead", Errno.EINVAL) { Program = Name };
        }

        RunOutcome outcome = Handle.Run(Request(options, takesPacket));
        if (outcome.Fault is { } fault)
        {
            throw new BpfException($"program '{Name}' was stopped at instruction {fault.Instruction}: {fault.Reason}", Errno.EFAULT) { Program = Name };
        }

        return new RunResult
        {
            ReturnValue64 = outcome.ReturnValue,
            Duration = outcome.Duration,
            Nanoseconds = outcome.Nanoseconds,
            Repeat = options.Repeat,
            Data = outcome.Data,
            Context = outcome.Context,
            Printk = outcome.Printk,
            HookResult = outcome.HookResult,
            Sysctl = outcome.Sysctl,
            SocketOptions = outcome.SocketOptions,
            AssignedSocket = outcome.AssignedSocket,
            Redirections = [.. outcome.Redirections.Select(static r => new PacketRedirection(r.Map, r.Key, r.Target, r.Flags, r.IsCopy))],
            RedirectContext = outcome.RedirectContext,
        };
    }

    /// <summary>Begins a series of runs on one packet after the other; of the options, the packet and the repetitions mean nothing.</summary>
    /// <exception cref="BpfException">The program takes no packet (<see cref="Errno.EINVAL"/>).</exception>
    internal IPacketSession BeginPackets(RunOptions options) => PacketPrograms.Take(Type)
        ? Handle.BeginPackets(Request(options, takesPacket: true))
        : throw new BpfException($"program '{Name}' is of type {Type.Text()}, which takes no packet", Errno.EINVAL) { Program = Name };

    private static RunRequest Request(RunOptions options, bool takesPacket) => new()
    {
        Data = options.Data ?? (takesPacket ? new byte[DefaultPacketSize] : default),
        Context = options.Context,
        Repeat = options.Repeat,
        Time = options.Time,
        RandomSeed = options.RandomSeed,
        Cpu = options.Cpu,
        PidTgid = options.Pid is { } pid ? ((ulong)(uint)pid << 32) | (uint)pid : null,
        Comm = options.Comm,
        CgroupId = options.CgroupId,
        SocketId = options.SocketId,
        Socket = options.Socket,
        InodeId = options.InodeId,
        HookResult = options.HookResult,
        Sysctl = options.Sysctl,
        SocketOptions = options.SocketOptions,
        KernelStack = options.KernelStack,
        UserStack = options.UserStack,
        Windows = options.Windows,
    };

    /// <summary>The program as one of the host's own type, to be run on the host's structures.</summary>
    /// <typeparam name="TContext">The context's structure.</typeparam>
    /// <exception cref="ArgumentException">It is not of a host's type, or its context has another size.</exception>
    public Hosting.HostedProgram<TContext> AsHosted<TContext>()
        where TContext : unmanaged => new(this, Host);

    /// <summary>Runs the program once on a context that is given field by field, on any OS.</summary>
    /// <param name="context">The context.</param>
    /// <param name="options">The rest of the input.</param>
    /// <exception cref="BpfException">EINVAL: the program takes another context.</exception>
    public ContextResult<TContext, TVerdict> Run<TContext, TVerdict>(ProgramContext<TContext, TVerdict> context, RunOptions? options = null)
        where TContext : ProgramContext<TContext, TVerdict>
        where TVerdict : struct, Enum
    {
        RunResult result = Run(context.Apply(Spec, options ?? RunOptions.Default));
        var verdict = (TVerdict)Enum.ToObject(typeof(TVerdict), (int)result.ReturnValue);
        return new ContextResult<TContext, TVerdict>(verdict, context.Read(ContextImage.Of(Spec, result.Context.Span)), result);
    }

    /// <summary>A context for <see cref="RunOptions.Context"/>, all zero, whose fields are set by name: for every type whose context is a fixed structure.</summary>
    /// <exception cref="BpfException">EINVAL: the type's context is none.</exception>
    public ContextImage NewContext() => ContextImage.Of(Spec);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({SectionName})";
}
