namespace Ebpf.Hosting;

/// <summary>A loaded program of a host's own type. Safe for concurrent use; it lives as long as the object that it was loaded with.</summary>
/// <typeparam name="TContext">The context's structure.</typeparam>
public readonly unsafe struct HostedProgram<TContext>
    where TContext : unmanaged
{
    private readonly BpfProgram _program;

    internal HostedProgram(BpfProgram program, HostProgramType? type)
    {
        if (type is null)
        {
            throw new ArgumentException($"program '{program.Name}' is not of a type that the host defined");
        }

        if (type.ContextSize != sizeof(TContext))
        {
            throw new ArgumentException($"the context of {type.Name} programs has {type.ContextSize} bytes; {typeof(TContext).Name} has {sizeof(TContext)}");
        }

        _program = program;
    }

    /// <summary>The program.</summary>
    public BpfProgram Program => _program;

    /// <summary>Runs the program on a context of the host's, in place. Allocates nothing.</summary>
    /// <param name="context">The context; what the program writes is in it afterwards.</param>
    /// <param name="state">What the host's helpers find in <see cref="HostRun.HostState"/>.</param>
    /// <returns>R0.</returns>
    /// <exception cref="BpfException">The run was stopped: by a helper, or because its budget was used up.</exception>
    /// <exception cref="ObjectDisposedException">The program is gone.</exception>
    public ulong Run(ref TContext context, object? state = null)
    {
        ulong result;
        fixed (TContext* pinned = &context)
        {
            _program.Handle.RunHosted((byte*)pinned, sizeof(TContext), 1, &result, state);
        }

        return result;
    }

    /// <summary>Runs the program on each of a batch of contexts: what a run costs by itself is paid once.</summary>
    /// <param name="contexts">The contexts.</param>
    /// <param name="results">What each run returned; as many as contexts, or empty.</param>
    /// <param name="state">What the host's helpers find in <see cref="HostRun.HostState"/>.</param>
    /// <exception cref="BpfException">A run was stopped; those before it have run.</exception>
    /// <exception cref="ArgumentException">There are not as many results as contexts.</exception>
    public void Run(Span<TContext> contexts, Span<ulong> results, object? state = null)
    {
        if (!results.IsEmpty && results.Length != contexts.Length)
        {
            throw new ArgumentException($"{results.Length} results for {contexts.Length} contexts", nameof(results));
        }

        fixed (TContext* pinned = contexts)
        fixed (ulong* values = results)
        {
            _program.Handle.RunHosted((byte*)pinned, sizeof(TContext), contexts.Length, values, state);
        }
    }
}
