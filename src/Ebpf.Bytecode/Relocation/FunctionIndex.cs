using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Finds the function that a slot of a section belongs to.</summary>
/// <remarks>find_prog_by_sec_insn in libbpf.c. Of functions that overlap, which only damaged objects have, the last that begins before the slot counts.</remarks>
internal sealed class FunctionIndex(IReadOnlyList<FunctionImage> functions)
{
    /// <summary>The function, or null where none is there. Functions are in order of section and slot.</summary>
    public FunctionImage? At(int section, long slot)
    {
        int low = 0, high = functions.Count - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            FunctionImage candidate = functions[middle];
            if (candidate.SectionIndex < section || (candidate.SectionIndex == section && candidate.Start <= slot))
                low = middle;
            else
                high = middle - 1;
        }

        return functions.Count > 0 && functions[low] is { } found && found.SectionIndex == section && slot <= int.MaxValue && found.Contains((int)slot) ? found : null;
    }
}
