using Ebpf.Bytecode.Isa;

namespace Ebpf.Bytecode.Objects;

/// <summary>The instructions of a function in the file's own bytes; a slot is decoded when it is asked for.</summary>
/// <remarks>Opening an object looks at a few slots of each function. Most functions of a large object are never looked at again.</remarks>
/// <param name="Bytes">The slots in wire form.</param>
/// <param name="IsLittleEndian">The file's byte order.</param>
internal readonly record struct FunctionCode(ReadOnlyMemory<byte> Bytes, bool IsLittleEndian)
{
    /// <summary>How many slots there are.</summary>
    public int Length => Bytes.Length / Instruction.Size;

    /// <summary>The slot at an index.</summary>
    public Instruction this[int slot] => Instruction.Read(Bytes.Span[(slot * Instruction.Size)..], IsLittleEndian);

    /// <summary>All slots, decoded.</summary>
    public Instruction[] ToArray()
    {
        var slots = new Instruction[Length];
        CopyTo(slots);
        return slots;
    }

    /// <summary>Decodes all slots.</summary>
    public void CopyTo(Span<Instruction> slots)
    {
        ReadOnlySpan<byte> bytes = Bytes.Span;
        for (int i = 0; i < Length; i++)
            slots[i] = Instruction.Read(bytes[(i * Instruction.Size)..], IsLittleEndian);
    }
}
