namespace Ebpf.Runtime.Maps;

/// <summary>Flags of ring buffer helpers.</summary>
/// <remarks>BPF_RB_* in include/uapi/linux/bpf.h.</remarks>
[Flags]
internal enum RingBufferFlags : ulong
{
    /// <summary>Wake the consumer if it has caught up.</summary>
    None = 0,

    /// <summary>Do not wake the consumer.</summary>
    NoWakeup = 1,

    /// <summary>Wake the consumer in any case.</summary>
    ForceWakeup = 2,
}
