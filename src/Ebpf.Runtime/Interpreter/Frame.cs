using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Interpreter;

/// <summary>One call on the run's own call stack: what returning from it restores.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Frame
{
    /// <summary>Where the caller goes on; null where the caller is the engine.</summary>
    public Operation* Return;

    /// <summary>The caller's callee-saved registers.</summary>
    public ulong R6, R7, R8, R9, R10;

    /// <summary>Bytes of stack that the called function uses: the next frame begins below them.</summary>
    public int StackBytes;

    /// <summary>How often may_goto still falls through in this frame.</summary>
    public int MayGoto;
}
