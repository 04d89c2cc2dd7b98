using Ebpf.Runtime;
using Ebpf.Runtime.Memory;

namespace Ebpf.Platforms.Embedded;

/// <summary>Runs of a packet program on the engine that hold one slot and one run state.</summary>
internal sealed class EmbeddedPacketSession : IPacketSession
{
    private readonly EmbeddedProgram _program;
    private readonly RunRequest _request;
    private readonly ExecutionSlot _slot;
    private readonly Run _run;
    private int _disposed;

    public EmbeddedPacketSession(EmbeddedProgram program, RunRequest request)
    {
        _program = program;
        _request = request;
        (_slot, _run) = program.Hold(request);
    }

    public ReadOnlySpan<byte> Data => _run.PacketBytes;

    public ulong Run(ReadOnlyMemory<byte> packet)
    {
        _request.Data = packet;
        _program.Hook.Prepare(_run, _request);
        ulong result = _run.Execute();
        return _run.Fault is { } fault
            ? throw new BpfException($"program '{_program.Spec.Name}' was stopped at instruction {fault.Instruction}: {fault.Reason}", Errno.EFAULT) { Program = _program.Spec.Name }
            : result;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _program.Engine.Return(_slot.Index, _run);
            _slot.Dispose();
        }
    }
}
