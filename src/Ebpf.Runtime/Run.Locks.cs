using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime;

/// <content>The one spin lock that a run may hold, and what it may read without faulting.</content>
internal sealed unsafe partial class Run
{
    /// <summary>The address of the spin lock that the run holds; 0 for none.</summary>
    internal ulong HeldLock { get; private set; }

    /// <summary>Takes a spin lock.</summary>
    internal void TakeLock(ulong address)
    {
        NativeLock.Acquire((int*)address);
        HeldLock = address;
    }

    /// <summary>Releases the spin lock, if one is held: also where a run is stopped.</summary>
    internal void ReleaseLock()
    {
        if (HeldLock == 0)
            return;
        NativeLock.Release((int*)HeldLock);
        HeldLock = 0;
    }

    /// <summary>Whether these bytes belong to the run or to its maps, so that a probing helper may read them.</summary>
    internal bool IsProbeable(ulong address, ulong size)
    {
        if (Memory.TryFind(address, size, out MemoryRegion _))
            return true;
        if (Owns(Program, address, size))
            return true;
        foreach (EmbeddedProgram program in _visited)
        {
            if (Owns(program, address, size))
                return true;
        }

        return false;

        static bool Owns(EmbeddedProgram program, ulong address, ulong size)
        {
            foreach (EmbeddedMap map in program.Maps)
            {
                if (map.Owns(address, size))
                    return true;
            }

            return false;
        }
    }
}
