using static Ebpf.Bytecode.Isa.Opcodes;

namespace Ebpf.Bytecode.Isa;

/// <summary>Bytes that a load or store moves.</summary>
/// <remarks>BPF_SIZE in include/uapi/linux/bpf_common.h.</remarks>
internal enum Size : byte
{
    /// <summary>One byte.</summary>
    B = Opcodes.B,

    /// <summary>Two bytes.</summary>
    H = Opcodes.H,

    /// <summary>Four bytes.</summary>
    W = Opcodes.W,

    /// <summary>Eight bytes.</summary>
    DW = Opcodes.DW,
}

/// <summary>Makes instructions, named as RFC 9669 and the kernel's macros name them: <c>Asm.Mov64(R0, 5)</c>, <c>Asm.Exit()</c>. Offsets of jumps count slots from the next one.</summary>
internal static partial class Asm
{
    /// <summary>dst = value, in two slots.</summary>
    public static Instruction[] LoadImmediate64(Register dst, ulong value) => Wide(dst, PseudoLoad.None, (int)(uint)value, (int)(uint)(value >> 32));

    /// <summary>dst = the map with that index among the load's maps, in two slots.</summary>
    public static Instruction[] LoadMap(Register dst, int index) => Wide(dst, PseudoLoad.MapIndex, index, 0);

    /// <summary>dst = the address of a byte in the first value of the map with that index, in two slots.</summary>
    public static Instruction[] LoadMapValue(Register dst, int index, int offset) => Wide(dst, PseudoLoad.MapIndexValue, index, offset);

    /// <summary>dst = the address of a function of the same program, in two slots; <paramref name="offset"/> counts slots from the next one after the first.</summary>
    public static Instruction[] LoadFunction(Register dst, int offset) => Wide(dst, PseudoLoad.Function, offset, 0);

    /// <summary>A 64-bit immediate load with any meaning of its immediates.</summary>
    public static Instruction[] Wide(Register dst, PseudoLoad pseudo, int low, int high) =>
    [
        new(Opcodes.LoadImmediate64, dst, (Register)pseudo, 0, low),
        new(0, Register.R0, Register.R0, 0, high),
    ];

    /// <summary>dst = *(size *)(src + offset), zero-extended.</summary>
    public static Instruction Load(Size size, Register dst, Register src, short offset) => Memory(InstructionClass.Ldx, Mem, size, dst, src, offset, 0);

    /// <summary>dst = *(size *)(src + offset), sign-extended.</summary>
    public static Instruction LoadSigned(Size size, Register dst, Register src, short offset) => Memory(InstructionClass.Ldx, MemSx, size, dst, src, offset, 0);

    /// <summary>*(size *)(dst + offset) = src.</summary>
    public static Instruction Store(Size size, Register dst, short offset, Register src) => Memory(InstructionClass.Stx, Mem, size, dst, src, offset, 0);

    /// <summary>*(size *)(dst + offset) = value.</summary>
    public static Instruction StoreImmediate(Size size, Register dst, short offset, int value) => Memory(InstructionClass.St, Mem, size, dst, Register.R0, offset, value);

    /// <summary>An atomic operation (<c>Opcodes.Atomic…</c>, with <c>Opcodes.AtomicFetch</c> or not) on *(size *)(dst + offset).</summary>
    public static Instruction Atomic(Size size, int operation, Register dst, short offset, Register src) =>
        Memory(InstructionClass.Stx, Opcodes.Atomic, size, dst, src, offset, operation);

    /// <summary>src = *(size *)(dst + offset) and *(size *)(dst + offset) = src, at once.</summary>
    public static Instruction Exchange(Size size, Register dst, short offset, Register src) => Atomic(size, AtomicExchange, dst, offset, src);

    /// <summary>If *(size *)(dst + offset) == R0 it becomes src; R0 becomes what it was.</summary>
    public static Instruction CompareExchange(Size size, Register dst, short offset, Register src) => Atomic(size, AtomicCompareExchange, dst, offset, src);

    /// <summary>dst = *(size *)(src + offset), before all that follows.</summary>
    public static Instruction LoadAcquire(Size size, Register dst, Register src, short offset) => Atomic(size, AtomicLoadAcquire, dst, offset, src);

    /// <summary>*(size *)(dst + offset) = src, after all that goes before.</summary>
    public static Instruction StoreRelease(Size size, Register dst, short offset, Register src) => Atomic(size, AtomicStoreRelease, dst, offset, src);

    /// <summary>R0 = the bytes of the packet at an offset, in network order (legacy).</summary>
    public static Instruction LoadAbsolute(Size size, int offset) => Memory(InstructionClass.Ld, Abs, size, Register.R0, Register.R0, 0, offset);

    /// <summary>R0 = the bytes of the packet at src + offset, in network order (legacy).</summary>
    public static Instruction LoadIndirect(Size size, Register src, int offset) => Memory(InstructionClass.Ld, Ind, size, Register.R0, src, 0, offset);

    private static Instruction Memory(InstructionClass @class, byte mode, Size size, Register dst, Register src, short offset, int immediate) =>
        new((byte)((byte)@class | mode | (byte)size), dst, src, offset, immediate);
}
