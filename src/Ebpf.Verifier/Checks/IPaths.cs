namespace Ebpf.Verifier.Checks;

/// <summary>What checks and transfer functions may ask of the exploration, whatever its order is.</summary>
internal interface IPaths
{
    /// <summary>Also explores the working state as it is now, along another edge of the instruction. The edge is applied when its turn comes.</summary>
    void Fork(int slot, Edge edge);

    /// <summary>Says that the proof from here on rests on the values of numbers with this provenance: a state with others is not covered by it.</summary>
    void Need(ulong sources);

    /// <summary>
    /// The path comes back to a place that the engine bounds (a callback's call, a may_goto): numbers that changed since it was last here and that nothing
    /// rests on may become unknown, so that going round converges.
    /// </summary>
    /// <param name="slot">The place.</param>
    /// <param name="isThere">Whether the path is there already, so that it is the visit before this one that counts.</param>
    void Generalise(int slot, bool isThere);

    /// <summary>A fresh identity.</summary>
    int NewId();
}

/// <summary>A way on from an instruction, other than the first one tried.</summary>
internal enum Edge : byte
{
    /// <summary>The conditional jump is taken.</summary>
    Taken,

    /// <summary>The may_goto does not leave its loop.</summary>
    MayGotoStays,

    /// <summary>The helper enters its callback.</summary>
    EnterCallback,

    /// <summary>A tail call in a subprogram succeeds: the caller goes on with what the other program returned.</summary>
    TailCallReturns,

    /// <summary>The iterator has another element.</summary>
    IteratorYields,

    /// <summary>A number that is 0 or -1 is 0.</summary>
    MaskIsZero,

    /// <summary>The lock could not be had.</summary>
    LockFails,

    /// <summary>A legacy packet load beyond the packet: the program ends with 0.</summary>
    EndWithZero,
}
