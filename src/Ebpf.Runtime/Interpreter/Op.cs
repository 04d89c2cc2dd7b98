namespace Ebpf.Runtime.Interpreter;

/// <summary>The interpreter's own operations, dense so that dispatch is one table jump. What an instruction's mode, size and operand bits say is in the name.</summary>
internal enum Op : ushort
{
    // 64-bit arithmetic: with a register, with an immediate.
    Add64, Add64K, Sub64, Sub64K, Mul64, Mul64K, Div64, Div64K, SDiv64, SDiv64K, Mod64, Mod64K, SMod64, SMod64K,
    Or64, Or64K, And64, And64K, Xor64, Xor64K, Lsh64, Lsh64K, Rsh64, Rsh64K, Arsh64, Arsh64K, Mov64, Mov64K, Neg64,
    MovSx8To64, MovSx16To64, MovSx32To64,

    // 32-bit arithmetic; the upper half of the destination becomes zero.
    Add32, Add32K, Sub32, Sub32K, Mul32, Mul32K, Div32, Div32K, SDiv32, SDiv32K, Mod32, Mod32K, SMod32, SMod32K,
    Or32, Or32K, And32, And32K, Xor32, Xor32K, Lsh32, Lsh32K, Rsh32, Rsh32K, Arsh32, Arsh32K, Mov32, Mov32K, Neg32,
    MovSx8To32, MovSx16To32,

    // Byte order: which of them a conversion needs depends on the host and is settled when the program is decoded.
    Truncate16, Truncate32, Swap16, Swap32, Swap64, Nothing,

    // Memory.
    Load8, Load16, Load32, Load64, LoadSx8, LoadSx16, LoadSx32,
    Store8, Store16, Store32, Store64, Store8K, Store16K, Store32K, Store64K,
    Atomic8, Atomic16, Atomic32, Atomic64,
    LoadPacket,

    // A constant or an address in two slots.
    LoadWide,

    // Jumps: 64-bit with a register, with an immediate; 32-bit likewise.
    Jump,
    Jeq64, Jeq64K, Jne64, Jne64K, Jgt64, Jgt64K, Jge64, Jge64K, Jlt64, Jlt64K, Jle64, Jle64K,
    Jsgt64, Jsgt64K, Jsge64, Jsge64K, Jslt64, Jslt64K, Jsle64, Jsle64K, Jset64, Jset64K,
    Jeq32, Jeq32K, Jne32, Jne32K, Jgt32, Jgt32K, Jge32, Jge32K, Jlt32, Jlt32K, Jle32, Jle32K,
    Jsgt32, Jsgt32K, Jsge32, Jsge32K, Jslt32, Jslt32K, Jsle32, Jsle32K, Jset32, Jset32K,
    MayGoto,

    // Calls.
    CallLocal, CallHelper, CallRegister, TailCall, Exit,

    // What cannot be executed: the immediate is an index into the program's list of reasons.
    Trap,
}
