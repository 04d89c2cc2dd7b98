namespace Ebpf.Runtime.Compiler.Ir;

/// <summary>Nodes that are executed one after the other. Only the last one may jump; where it does not, or does not always, the next block follows.</summary>
internal struct Block
{
    /// <summary>The slot where the block begins.</summary>
    public int Slot;

    /// <summary>Index of its first node.</summary>
    public int First;

    /// <summary>How many nodes it has.</summary>
    public int Count;

    /// <summary>The block that follows where nothing jumps; -1 where something always does.</summary>
    public int Next;

    /// <summary>The block that its jump goes to; -1 for none.</summary>
    public int Target;

    /// <summary>Registers that are read before they are written, in the block or after it.</summary>
    public ushort LiveIn;

    /// <summary>Registers that a block behind this one reads.</summary>
    public ushort LiveOut;

    /// <summary>Whether a jump from this block or a later one goes to it.</summary>
    public bool IsLoopHead;
}
