using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>
/// Contexts that the caller gives as bytes: system calls, tracepoints, registers, raw arguments. What the program writes is read back. Where the
/// context points to data (messages, eBPF for Windows' hooks), the data is the request's.
/// </summary>
internal sealed unsafe class BytesHook : Hook
{
    /// <remarks>U16_MAX in bpf_prog_test_run_syscall.</remarks>
    private const int MaximumContext = ushort.MaxValue;

    private static readonly ContextMap s_unknown = new(null, MaximumContext);

    internal static BytesHook Instance { get; } = new();

    internal override ContextMap MapContext(ContextLayout? layout) => layout is null ? s_unknown : base.MapContext(layout);

    internal override void Prepare(Run run, RunRequest request)
    {
        ContextMap map = run.Program.ContextMap;
        if (request.Context.Length > MaximumContext)
            throw Invalid($"the context has {request.Context.Length} bytes; at most {MaximumContext} are allowed");
        Packets.CheckLength(request.Data);
        if (!request.Data.IsEmpty && map.DataOffset < 0)
            throw Invalid("programs of this type have no packet: give their input as context");

        // A verified program may read as far as the layout goes, whatever the caller gave; one without layout, what was given.
        int visible = map.Layout is { } layout ? Math.Max(layout.Size, request.Context.Length) : request.Context.Length;
        run.ReserveContext(Math.Max(map.NativeSize, visible), visible);
        run.ContextInput = request.Context;
        run.DataInput = request.Data;
        if (map.DataOffset >= 0)
            run.ReservePacket(0, Math.Max(request.Data.Length, 1), 0);
    }

    internal override void Enter(Run run)
    {
        ContextMap map = run.Program.ContextMap;
        var context = new Span<byte>(run.Context, Math.Max(map.NativeSize, run.ContextSize));
        ReadOnlySpan<byte> input = run.ContextInput.Span;
        input.CopyTo(context);
        context[input.Length..].Clear();
        map.ClearPointers(context);
        map.PutSockets(run);
        run.ClearPacket();
        if (map.DataOffset >= 0)
        {
            run.DataInput.Span.CopyTo(new Span<byte>(run.PacketStart, run.DataInput.Length));
            run.PacketMeta = run.PacketData = run.MacHeader = run.NetworkHeader = run.PacketStart;
            run.PacketEnd = run.PacketStart + run.DataInput.Length;
            run.PublishPacket();
        }

        run.Registers[1] = (ulong)run.Context;
    }

    internal override byte[] Data(Run run) => new ReadOnlySpan<byte>(run.PacketData, run.PacketLength).ToArray();

    internal override byte[] Context(Run run)
    {
        byte[] context = new ReadOnlySpan<byte>(run.Context, run.ContextInput.Length).ToArray();
        if (run.Program.ContextMap.Layout is { } layout)
        {
            // Addresses mean nothing outside.
            foreach (ContextField field in layout.Fields)
            {
                if (field.IsPointer && field.Offset + field.Size <= context.Length)
                    context.AsSpan(field.Offset, field.Size).Clear();
            }
        }

        return context;
    }

    private protected override bool Provides(ContextFieldKind kind) =>
        kind is ContextFieldKind.PacketData or ContextFieldKind.PacketEnd or ContextFieldKind.PacketMeta || base.Provides(kind);
}
