using Ebpf.Verifier;

namespace Ebpf.Runtime.Interpreter;

/// <summary>Memory that a run may touch.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsWritable">Whether the program may write it.</param>
/// <param name="Name">How a fault names it.</param>
internal readonly record struct MemoryRegion(ulong Start, ulong Size, MemoryKinds Kind, bool IsWritable, string Name)
{
    /// <summary>Whether these bytes lie inside.</summary>
    internal bool Contains(ulong address, ulong size) => address >= Start && size <= Size && address - Start <= Size - size;
}
