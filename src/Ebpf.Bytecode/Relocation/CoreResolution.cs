namespace Ebpf.Bytecode.Relocation;

/// <summary>The answer to a CO-RE relocation: what the compiler put into the instruction, and what belongs there.</summary>
internal readonly record struct CoreResolution
{
    /// <summary>The answer for the types that the program was compiled with.</summary>
    public ulong OriginalValue { get; init; }

    /// <summary>The answer for the target.</summary>
    public ulong Value { get; init; }

    /// <summary>Whether the target has no answer: the instruction must never be reached.</summary>
    public bool IsUnresolved { get; init; }

    /// <summary>Whether the instruction must hold <see cref="OriginalValue"/> before it is changed; compilers and linkers may differ in the rest.</summary>
    public bool IsChecked { get; init; }

    /// <summary>Bytes of the member in the program's types, 0 where it does not matter.</summary>
    public uint OriginalSize { get; init; }

    /// <summary>Bytes of the member in the target's types.</summary>
    public uint Size { get; init; }

    /// <summary>Whether sizes differ and a load or store of the other size would not give the same value (a signed integer, a struct).</summary>
    public bool ForbidsOtherSize { get; init; }
}
