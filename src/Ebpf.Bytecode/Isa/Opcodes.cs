namespace Ebpf.Bytecode.Isa;

/// <summary>Opcode bytes and their parts.</summary>
/// <remarks>RFC 9669 §3–§5; include/uapi/linux/bpf_common.h and bpf.h.</remarks>
public static partial class Opcodes
{
    // Sizes of memory access (BPF_SIZE).
    internal const byte SizeMask = 0x18, W = 0x00, H = 0x08, B = 0x10, DW = 0x18;

    // Modes of memory access (BPF_MODE).
    internal const byte ModeMask = 0xe0, Imm = 0x00, Abs = 0x20, Ind = 0x40, Mem = 0x60, MemSx = 0x80, Atomic = 0xc0;

    // Operand of arithmetic and jumps (BPF_SRC).
    internal const byte SourceMask = 0x08, K = 0x00, X = 0x08;

    // Operations of arithmetic (BPF_OP).
    internal const byte OperationMask = 0xf0;
    internal const byte Add = 0x00, Sub = 0x10, Mul = 0x20, Div = 0x30, Or = 0x40, And = 0x50, Lsh = 0x60, Rsh = 0x70, Neg = 0x80, Mod = 0x90, Xor = 0xa0, Mov = 0xb0, Arsh = 0xc0, End = 0xd0;

    // Operations of jumps.
    internal const byte Ja = 0x00, Jeq = 0x10, Jgt = 0x20, Jge = 0x30, Jset = 0x40, Jne = 0x50, Jsgt = 0x60, Jsge = 0x70, JCall = 0x80, JExit = 0x90, Jlt = 0xa0, Jle = 0xb0, Jslt = 0xc0, Jsle = 0xd0, Jcond = 0xe0;

    // The immediate of an atomic store.
    internal const int AtomicAdd = 0x00, AtomicOr = 0x40, AtomicAnd = 0x50, AtomicXor = 0xa0, AtomicFetch = 0x01, AtomicExchange = 0xe0 | AtomicFetch, AtomicCompareExchange = 0xf0 | AtomicFetch, AtomicLoadAcquire = 0x100, AtomicStoreRelease = 0x110;

    /// <summary><c>LDDW</c>, the 64-bit immediate load of two slots.</summary>
    public const byte LoadImmediate64 = 0x18;

    /// <summary>Call with an immediate.</summary>
    public const byte Call = 0x85;

    /// <summary>Call through a register (<c>callx</c>).</summary>
    public const byte CallRegister = 0x8d;

    /// <summary>Return from the function.</summary>
    public const byte Exit = 0x95;

    /// <summary>Jump with a 16-bit offset.</summary>
    public const byte Jump = 0x05;

    /// <summary>Jump with a 32-bit offset in the immediate (<c>gotol</c>).</summary>
    public const byte JumpLong = 0x06;

    /// <summary>Jump to the address in a register, one of a jump table (<c>gotox</c>).</summary>
    public const byte JumpRegister = 0x0d;

    /// <summary>may_goto: a bounded back edge.</summary>
    public const byte MayGoto = 0xe5;
}
