namespace Ebpf.Bytecode.Relocation;

/// <summary>What a slot refers to.</summary>
/// <remarks>enum reloc_type in libbpf.c.</remarks>
internal enum RelocationKind
{
    /// <summary>A map; the target is its position in the object.</summary>
    Map,

    /// <summary>Global data; the target is the position of its map, the value the symbol's offset.</summary>
    Data,

    /// <summary>A call; the target is the section of the callee, the value the symbol's offset in it, in bytes.</summary>
    Call,

    /// <summary>The address of a function; target and value as for a call.</summary>
    FunctionAddress,

    /// <summary>The value or address of an extern; the target is its position in the object.</summary>
    ExternLoad,

    /// <summary>A call of an extern; the target is its position in the object.</summary>
    ExternCall,

    /// <summary>A jump table in <c>.jumptables</c>; the value is its offset.</summary>
    JumpTable,
}

/// <summary>A reference that is filled in when a program is linked.</summary>
/// <param name="Slot">The slot, counted from the function's start.</param>
/// <param name="Kind">What it refers to.</param>
/// <param name="Target">A position or a section, as the kind says.</param>
/// <param name="Value">An offset, as the kind says. The offset in the instruction itself is added to it.</param>
internal readonly record struct RelocationEntry(int Slot, RelocationKind Kind, int Target, ulong Value);
