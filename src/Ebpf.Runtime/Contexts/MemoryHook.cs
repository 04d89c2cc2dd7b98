
namespace Ebpf.Runtime.Contexts;

/// <summary>No context at all: R1 is a copy of the request's data, R2 its length. What instruction-set tests expect.</summary>
internal sealed unsafe class MemoryHook : Hook
{
    internal static MemoryHook Instance { get; } = new();

    internal override void Prepare(Run run, RunRequest request)
    {
        run.DataInput = request.Data;
        run.ReserveContext(8, 0);
        run.ReservePacket(0, Math.Max(request.Data.Length, 1), 0);
    }

    internal override void Enter(Run run)
    {
        ReadOnlySpan<byte> data = run.DataInput.Span;
        data.CopyTo(new Span<byte>(run.PacketStart, data.Length));
        run.PacketMeta = run.PacketData = run.PacketStart;
        run.PacketEnd = run.PacketStart + data.Length;
        run.MacHeader = run.NetworkHeader = run.PacketStart;
        run.Registers[1] = data.IsEmpty ? 0 : (ulong)run.PacketData;
        run.Registers[2] = (ulong)data.Length;
    }

    internal override byte[] Data(Run run) => new ReadOnlySpan<byte>(run.PacketData, run.PacketLength).ToArray();

    internal override byte[] Context(Run run) => [];
}
