namespace Ebpf.Runtime.Interpreter;

/// <summary>Sees a run in checking mode instruction by instruction.</summary>
internal interface IExecutionObserver
{
    /// <summary>Called before each instruction. What it throws ends the run and is thrown to the run's caller.</summary>
    void BeforeInstruction(ExecutionView view);
}

/// <summary>A run between two instructions.</summary>
internal readonly unsafe ref struct ExecutionView(Run run)
{
    /// <summary>The slot of the instruction that comes next.</summary>
    public int Slot => run.Instruction;

    /// <summary>The program that the slot belongs to; another one after a tail call.</summary>
    public EmbeddedProgram Program => run.Program;

    /// <summary>R0 to R10.</summary>
    public ReadOnlySpan<ulong> Registers => new(run.Registers, 11);

    /// <summary>How many functions are entered: 1 in the program itself.</summary>
    public int Depth => run.Depth;

    /// <summary>The stack of the current function, lowest byte first.</summary>
    public ReadOnlySpan<byte> Stack => new(run.StackBottom, run.Frame->StackBytes);

    /// <summary>The address of the context.</summary>
    public ulong Context => (ulong)run.Context;

    /// <summary>The address of the packet's data.</summary>
    public ulong PacketData => (ulong)run.PacketData;

    /// <summary>The address of the packet's end.</summary>
    public ulong PacketEnd => (ulong)run.PacketEnd;

    /// <summary>The address of the packet's metadata.</summary>
    public ulong PacketMeta => (ulong)run.PacketMeta;

    /// <summary>What lies at an address; false where the run may not touch it.</summary>
    public bool TryFind(ulong address, out MemoryRegion region) => run.Memory.TryFind(address, 1, out region);
}
