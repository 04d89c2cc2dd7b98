using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Interpreter;

/// <summary>
/// One slot of a program, decoded: the interpreter's form, 16 bytes. Operations stand at their slot's index, so that a jump is an addition and an
/// address tells its slot.
/// </summary>
/// <param name="code">What to do.</param>
/// <param name="destination">Index of the destination register.</param>
/// <param name="source">Index of the source register, or what the operation says.</param>
/// <param name="offset">Byte offset of a memory access, or slots from here to the target of a jump or call.</param>
/// <param name="immediate">The immediate, extended as the operation wants it.</param>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal readonly struct Operation(Op code, byte destination, byte source, int offset, long immediate)
{
    public readonly Op Code = code;
    public readonly byte Destination = destination;
    public readonly byte Source = source;
    public readonly int Offset = offset;
    public readonly long Immediate = immediate;
}
