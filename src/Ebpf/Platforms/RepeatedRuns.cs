using Ebpf.Runtime;

namespace Ebpf.Platforms;

/// <summary>Packet sessions for platforms that have nothing better than a run for each packet.</summary>
internal sealed class RepeatedRuns(IProgramHandle program, RunRequest request) : IPacketSession
{
    private byte[] _data = [];

    public ReadOnlySpan<byte> Data => _data;

    public ulong Run(ReadOnlyMemory<byte> packet)
    {
        request.Data = packet;
        RunOutcome outcome = program.Run(request);
        _data = outcome.Data;
        return outcome.Fault is { } fault ? throw new BpfException($"the run was stopped at instruction {fault.Instruction}: {fault.Reason}", Errno.EFAULT) : outcome.ReturnValue;
    }

    public void Dispose()
    {
    }
}
