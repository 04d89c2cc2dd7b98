namespace Ebpf.Runtime.Compiler.Ir;

/// <summary>What a node does. D is its destination, A and B its operands; where <see cref="NodeFlags.Immediate"/> is set, B is the immediate.</summary>
internal enum IrOp : byte
{
    /// <summary>Nothing: a node that a pass has removed.</summary>
    Nop,

    /// <summary>D = A, cut to the width.</summary>
    Move,

    /// <summary>D = immediate, 64 bits whatever the width.</summary>
    Constant,

    // D = A op B, of 4 or 8 bytes; the upper half becomes zero where the width is 4.
    Add, Sub, Mul, And, Or, Xor,

    // D = A op B. Counts are masked to the width.
    Shl, Shr, Sar, Rotl,

    // D = A op B; never traps (RFC 9669 §4.1).
    Div, SDiv, Mod, SMod,

    /// <summary>D = -A.</summary>
    Neg,

    /// <summary>D = the low Size bytes of A.</summary>
    ZeroExtend,

    /// <summary>D = the low Size bytes of A, sign-extended to the width.</summary>
    SignExtend,

    /// <summary>D = the low Size bytes of A, reversed.</summary>
    ByteSwap,

    // Memory of Size bytes at [A + (B << Scale) + Offset].
    Load, LoadSigned,

    /// <summary>Stores D, or the immediate.</summary>
    Store,

    /// <summary>Adds (ors ...) D or the immediate to memory; the operation is in <see cref="Node.Kind"/>.</summary>
    Update,

    /// <summary>The atomic operation that the immediate names, on [A + Offset] with B; B or R0 gets what was there, where the operation fetches.</summary>
    Atomic,

    // Ends of blocks.
    Jump, Branch, Exit,

    /// <summary>Jumps when the frame's may_goto counter is used up.</summary>
    MayGoto,

    // Calls: R0 = function(R1 … R5).
    CallLocal, CallHelper, CallRegister, TailCall,

    /// <summary>bpf_loop with a callback that is known, the function at Offset: a loop around a native call.</summary>
    CallLoop,

    /// <summary>A legacy packet load into R0.</summary>
    LoadPacket,

    /// <summary>Stops the run.</summary>
    Trap,

    /// <summary>D = Size bytes of the run's state at Offset.</summary>
    LoadState,

    /// <summary>R0 = the address of the element of an array that the key at [A + Offset] names, or null; the immediate is the map.</summary>
    LookupArray,

    /// <summary>Takes the immediate off the budget; stops the run where it is used up.</summary>
    Budget,
}

/// <summary>What a branch compares.</summary>
internal enum Condition : byte
{
    Equal, NotEqual, Above, AboveOrEqual, Below, BelowOrEqual, Greater, GreaterOrEqual, Less, LessOrEqual,

    /// <summary>A &amp; B is not zero.</summary>
    Set,

    /// <summary>A &amp; B is zero; no instruction of BPF, but what turning round a branch makes.</summary>
    Clear,
}

/// <summary>Yes-or-no properties of a node.</summary>
[Flags]
internal enum NodeFlags : byte
{
    None = 0,

    /// <summary>B is the immediate.</summary>
    Immediate = 1,

    /// <summary>The access is tested against the memory that the run may touch.</summary>
    Checked = 2,

    /// <summary>The upper half of A is known to be zero before the node.</summary>
    UpperZero = 4,

    /// <summary>After this call the run may have been stopped.</summary>
    MayStop = 8,
}
