using System.Collections.Immutable;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>Finds the source line of a slot.</summary>
internal static class SourceLines
{
    /// <summary>The index of the line that a slot belongs to; -1 where none is known.</summary>
    internal static int IndexAt(ImmutableArray<LineSpec> lines, int slot)
    {
        int low = 0, high = lines.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (lines[middle].Slot <= slot)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high;
    }
}
