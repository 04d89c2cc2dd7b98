namespace Ebpf.Runtime.Contexts;

/// <summary>Contexts that the caller gives as bytes: system calls, tracepoints, registers, raw arguments. What the program writes is read back.</summary>
internal sealed unsafe class BytesHook : Hook
{
    /// <remarks>U16_MAX in bpf_prog_test_run_syscall.</remarks>
    private const int MaximumContext = ushort.MaxValue;

    internal static BytesHook Instance { get; } = new();

    internal override ContextMap MapContext(Verifier.Prototypes.ContextLayout? layout) => new(layout, MaximumContext);

    internal override void Prepare(Run run, RunRequest request)
    {
        if (request.Context.Length > MaximumContext)
            throw Invalid($"the context has {request.Context.Length} bytes; at most {MaximumContext} are allowed");
        if (!request.Data.IsEmpty)
            throw Invalid("programs of this type have no packet: give their input as context");

        // A verified program may read as far as the layout goes, whatever the caller gave; one without layout, what was given.
        ContextMap map = run.Program.ContextMap;
        int visible = map.Layout is { } layout ? Math.Max(layout.Size, request.Context.Length) : request.Context.Length;
        run.ReserveContext(Math.Max(map.NativeSize, visible), visible);
        run.ContextInput = request.Context;
    }

    internal override void Enter(Run run)
    {
        var context = new Span<byte>(run.Context, Math.Max(run.Program.ContextMap.NativeSize, run.ContextSize));
        ReadOnlySpan<byte> input = run.ContextInput.Span;
        input.CopyTo(context);
        context[input.Length..].Clear();
        run.Registers[1] = (ulong)run.Context;
    }

    internal override byte[] Data(Run run) => [];

    internal override byte[] Context(Run run) => new ReadOnlySpan<byte>(run.Context, run.ContextInput.Length).ToArray();
}
