using System.Collections.Immutable;

namespace Ebpf.Verifier;

/// <summary>
/// What the proof found out about an accepted program and the engine may rely on. A fact holds on every path that reaches the instruction; arrays
/// are indexed by slot of <see cref="Bytecode.Specs.ProgramSpec.Instructions"/>.
/// </summary>
public sealed class Facts
{
    /// <summary>What is known about each slot.</summary>
    public required ImmutableArray<InstructionFact> Instructions { get; init; }

    /// <summary>The functions: where each starts, how many bytes of stack its frame uses.</summary>
    public required ImmutableArray<FunctionFact> Functions { get; init; }

    /// <summary>The layout of the program's context, which <see cref="InstructionFact.ContextField"/> refers to.</summary>
    public required Prototypes.ContextLayout Context { get; init; }
}

/// <summary>What is known about one slot, whatever the path.</summary>
/// <param name="Flags">Yes-or-no facts.</param>
/// <param name="Memory">For a load, a store or an atomic: every kind of memory it may touch.</param>
/// <param name="ContextField">For an access to a context field that is a pointer (data, data_end ...): the field's index in the layout; -1 otherwise.</param>
/// <param name="MapIndex">For a helper call whose map argument is the same map on every path: its index; -1 otherwise.</param>
public readonly record struct InstructionFact(InstructionFlags Flags, MemoryKinds Memory, short ContextField = -1, int MapIndex = -1);

/// <summary>Yes-or-no facts about a slot.</summary>
[Flags]
public enum InstructionFlags : ushort
{
    /// <summary>Nothing is known; a slot without <see cref="Reachable"/> is never executed.</summary>
    None = 0,

    /// <summary>Some path reaches the slot.</summary>
    Reachable = 1,

    /// <summary>A conditional jump is always taken.</summary>
    AlwaysTaken = 2,

    /// <summary>A conditional jump is never taken.</summary>
    NeverTaken = 4,

    /// <summary>The upper 32 bits of the destination are zero before the instruction.</summary>
    DestinationUpperZero = 8,

    /// <summary>A helper's result is known not to be null on every path.</summary>
    ResultNotNull = 16,
}

/// <summary>Kinds of memory that an access may touch.</summary>
[Flags]
public enum MemoryKinds : ushort
{
    /// <summary>No memory.</summary>
    None = 0,

    /// <summary>The program's stack.</summary>
    Stack = 1,

    /// <summary>The context.</summary>
    Context = 2,

    /// <summary>Packet data or metadata.</summary>
    Packet = 4,

    /// <summary>A map's value.</summary>
    MapValue = 8,

    /// <summary>Memory that a helper handed out (ring buffer record, dynptr slice).</summary>
    Allocated = 16,

    /// <summary>A kernel object typed by BTF; a load may fault and then reads zero.</summary>
    BtfObject = 32,

    /// <summary>The arena: only the low half of the address counts, what is not there reads as zero.</summary>
    Arena = 64,
}

/// <summary>A function of the program.</summary>
/// <param name="Start">Its first slot.</param>
/// <param name="End">One past its last slot.</param>
/// <param name="StackBytes">Bytes of stack that its own frame uses, a multiple of 8.</param>
/// <param name="IsCallback">Whether a helper calls it.</param>
public readonly record struct FunctionFact(int Start, int End, int StackBytes, bool IsCallback);
