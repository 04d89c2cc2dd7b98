namespace Ebpf.Platforms;

/// <summary>A series of runs of a packet program, one packet after the other, without an allocation for each. For the thread that began it.</summary>
internal interface IPacketSession : IDisposable
{
    /// <summary>The packet after the last run, valid until the next.</summary>
    ReadOnlySpan<byte> Data { get; }

    /// <summary>Runs the program on a packet and answers R0.</summary>
    /// <exception cref="BpfException">The packet does not fit the program's type (<see cref="Errno.EINVAL"/>), or the run was stopped.</exception>
    ulong Run(ReadOnlyMemory<byte> packet);
}
