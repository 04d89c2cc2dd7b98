namespace Ebpf.Bytecode.Isa;

/// <summary>The class of an instruction: the low three bits of its opcode byte.</summary>
/// <remarks>RFC 9669 §3.1; BPF_CLASS in include/uapi/linux/bpf_common.h.</remarks>
public enum InstructionClass : byte
{
    /// <summary>Non-standard loads: 64-bit immediates and the legacy packet loads.</summary>
    Ld = 0,

    /// <summary>Load from memory into a register.</summary>
    Ldx = 1,

    /// <summary>Store an immediate to memory.</summary>
    St = 2,

    /// <summary>Store a register to memory, and atomics.</summary>
    Stx = 3,

    /// <summary>32-bit arithmetic.</summary>
    Alu = 4,

    /// <summary>64-bit jumps, calls, exit.</summary>
    Jmp = 5,

    /// <summary>32-bit jumps.</summary>
    Jmp32 = 6,

    /// <summary>64-bit arithmetic.</summary>
    Alu64 = 7,
}
