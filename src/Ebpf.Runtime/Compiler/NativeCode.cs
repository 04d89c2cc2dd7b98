using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Compiler;

/// <summary>The machine code of a program.</summary>
/// <param name="memory">The region it is in.</param>
/// <param name="starts">The slots at which functions begin.</param>
/// <param name="offsets">Where the functions are in the region.</param>
/// <param name="returnStub">Where the code is that only gives back the R0 of the run's state.</param>
/// <param name="stackDepth">The most bytes of BPF stack that the program uses; -1 where nobody knows.</param>
/// <param name="lines">Where the code of each slot begins.</param>
internal sealed unsafe class NativeCode(ExecutableMemory memory, int[] starts, int[] offsets, int returnStub, int stackDepth, (int Offset, int Slot)[] lines) : IDisposable
{
    /// <summary>Bytes of machine code.</summary>
    internal int Size => memory.Size;

    /// <summary>Bytes of memory that the region takes.</summary>
    internal long MemoryBytes => memory.MappedBytes;

    /// <summary>The most bytes of BPF stack that the program uses; -1 where nobody knows.</summary>
    internal int StackDepth => stackDepth;

    /// <summary>The machine code.</summary>
    internal ReadOnlySpan<byte> Bytes => new(memory.Address, memory.Size);

    /// <summary>Where functions begin: slot and offset into <see cref="Bytes"/>.</summary>
    internal IEnumerable<(int Slot, int Offset)> Functions => starts.Zip(offsets);

    /// <summary>Where the code of each slot begins, in the order of the code; what precedes the first is the way in.</summary>
    internal ReadOnlySpan<(int Offset, int Slot)> Lines => lines;

    /// <summary>Code that gives back the R0 of the run's state.</summary>
    internal byte* ReturnStub => memory.Address + returnStub;

    /// <summary>The machine code of the function at a slot; null where none begins there.</summary>
    internal byte* Function(int slot)
    {
        int index = Array.BinarySearch(starts, slot);
        return index >= 0 ? memory.Address + offsets[index] : null;
    }

    /// <summary>Runs a function on the registers of a state. Answers R0.</summary>
    internal ulong Execute(RunState* state, byte* function) => ((delegate* unmanaged<RunState*, byte*, ulong>)memory.Address)(state, function);

    public void Dispose() => memory.Dispose();
}
