namespace Ebpf.Bytecode.Isa;

/// <summary>A register of the BPF machine.</summary>
/// <remarks>RFC 9669 §2.2.</remarks>
public enum Register : byte
{
    /// <summary>Return value of calls and of the program.</summary>
    R0,

    /// <summary>First argument; the context at entry.</summary>
    R1,

    /// <summary>Second argument.</summary>
    R2,

    /// <summary>Third argument.</summary>
    R3,

    /// <summary>Fourth argument.</summary>
    R4,

    /// <summary>Fifth argument.</summary>
    R5,

    /// <summary>Callee-saved.</summary>
    R6,

    /// <summary>Callee-saved.</summary>
    R7,

    /// <summary>Callee-saved.</summary>
    R8,

    /// <summary>Callee-saved.</summary>
    R9,

    /// <summary>Read-only frame pointer: the end of the 512-byte stack.</summary>
    R10,
}
