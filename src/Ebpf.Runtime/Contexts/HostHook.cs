using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Contexts;

/// <summary>A host's own type of program: the context is the host's structure, where it lies, or a copy of the request's bytes.</summary>
internal sealed unsafe class HostHook : Hook
{
    internal static HostHook Instance { get; } = new();

    internal override void Prepare(Run run, RunRequest request)
    {
        ContextMap map = run.Program.ContextMap;
        int size = map.Layout!.Size;
        run.HostContext = null;
        run.ContextInput = request.Context;
        run.DataInput = request.Data;
        if (request.Context.Length > size)
            throw Invalid($"the context has {request.Context.Length} bytes; {map.Layout.Name} has {size}");
        if (!request.Data.IsEmpty && map.DataOffset < 0)
            throw Invalid($"{map.Layout.Name} has no fields for data: give the input as context");
        run.ReserveContext(size, size);
        if (map.DataOffset >= 0)
            run.ReservePacket(0, Math.Max(request.Data.Length, 1), 0);
    }

    internal override void Enter(Run run)
    {
        if (run.HostContext == null)
            Copy(run);
        else
            run.SetContext(run.HostContext, run.Program.ContextMap.Layout!.Size);

        ContextMap map = run.Program.ContextMap;
        run.ClearPacket();
        if (map.DataOffset >= 0)
        {
            run.PacketMeta = run.PacketData = run.MacHeader = run.NetworkHeader = *(byte**)(run.Context + map.DataOffset);
            run.PacketEnd = *(byte**)(run.Context + map.EndOffset);
        }

        run.Registers[1] = (ulong)run.Context;
    }

    internal override byte[] Data(Run run) => new ReadOnlySpan<byte>(run.PacketData, run.PacketLength).ToArray();

    internal override byte[] Context(Run run)
    {
        byte[] context = new ReadOnlySpan<byte>(run.Context, run.ContextSize).ToArray();
        run.Program.ContextMap.ClearPointers(context);
        return context;
    }

    private protected override bool Provides(ContextFieldKind kind) => kind is ContextFieldKind.Scalar or ContextFieldKind.PacketData or ContextFieldKind.PacketEnd;

    private static void Copy(Run run)
    {
        ContextMap map = run.Program.ContextMap;
        var context = new Span<byte>(run.Context, map.Layout!.Size);
        context.Clear();
        run.ContextInput.Span.CopyTo(context);
        map.ClearPointers(context);
        if (map.DataOffset < 0)
            return;
        run.DataInput.Span.CopyTo(new Span<byte>(run.PacketStart, run.DataInput.Length));
        *(byte**)(run.Context + map.DataOffset) = run.PacketStart;
        *(byte**)(run.Context + map.EndOffset) = run.PacketStart + run.DataInput.Length;
    }
}
