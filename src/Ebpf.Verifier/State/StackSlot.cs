namespace Ebpf.Verifier.State;

/// <summary>What a byte of stack holds.</summary>
internal enum StackByte : byte
{
    /// <summary>Nothing was written.</summary>
    Invalid,

    /// <summary>Some number.</summary>
    Misc,

    /// <summary>Zero.</summary>
    Zero,

    /// <summary>A byte of the slot's spilled register.</summary>
    Spill,
}

/// <summary>Eight bytes of stack: what each byte holds, and the register that was spilled there. The first byte is at the lowest address.</summary>
internal struct StackSlot
{
    internal const ulong AllInvalid = 0, AllMisc = 0x0101010101010101, AllZero = 0x0202020202020202, AllSpill = 0x0303030303030303;

    /// <summary>
    /// The spilled register, meaningful where a byte is <see cref="StackByte.Spill"/>: it starts at the lowest address, or is a number of four bytes in
    /// the upper half.
    /// </summary>
    public RegisterState Spill;

    /// <summary>A <see cref="StackByte"/> for each byte, the lowest address in the lowest bits.</summary>
    public ulong Bytes;

    internal readonly StackByte this[int index] => (StackByte)(byte)(Bytes >> (index * 8));

    /// <summary>Whether a register of any width is spilled here.</summary>
    internal readonly bool HasSpill => HoldsSpill(Bytes);

    /// <summary>Where the spilled register starts.</summary>
    internal readonly int SpillStart => StartOfSpill(Bytes);

    /// <summary>Whether a whole register is spilled here.</summary>
    internal readonly bool IsFullSpill => Bytes == AllSpill;

    internal readonly bool IsInvalid => Bytes == AllInvalid;

    /// <summary>Whether a register is spilled in a slot with these bytes: its first byte says so.</summary>
    internal static bool HoldsSpill(ulong bytes) => (byte)bytes == (byte)StackByte.Spill || (byte)(bytes >> 32) == (byte)StackByte.Spill;

    /// <summary>Where the register that is spilled in a slot with these bytes starts.</summary>
    internal static int StartOfSpill(ulong bytes) => (byte)bytes == (byte)StackByte.Spill ? 0 : 4;

    /// <summary>How many bytes of a register are spilled here, from the lowest address on.</summary>
    internal readonly int SpillSize
    {
        get
        {
            int size = 0;
            while (size < 8 && this[size] == StackByte.Spill)
                size++;
            return size;
        }
    }

    internal void SetByte(int index, StackByte value) => Bytes = (Bytes & ~(0xfful << (index * 8))) | ((ulong)value << (index * 8));

    /// <summary>Forgets the spilled register but keeps that its bytes were written.</summary>
    internal void Scrub()
    {
        if (!HasSpill)
            return;
        for (int i = 0; i < 8; i++)
        {
            if (this[i] == StackByte.Spill)
                SetByte(i, StackByte.Misc);
        }

        Spill = default;
    }
}
