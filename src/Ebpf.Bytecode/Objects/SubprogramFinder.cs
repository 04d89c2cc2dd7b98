using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Relocation;

namespace Ebpf.Bytecode.Objects;

/// <summary>
/// Finds functions outside of <c>.text</c> that are no programs: those that others call or take the address of, and that are static or in a section
/// that says nothing of a type. libbpf knows no such thing; it refuses such objects.
/// </summary>
internal static class SubprogramFinder
{
    public static void Mark(ObjectReading reading)
    {
        // Hardly any object has one, and finding who is called means looking at every instruction.
        if (!reading.Functions.Exists(CanBeSubprogram))
            return;

        var index = new FunctionIndex(reading.Functions);
        var called = new bool[reading.Functions.Count];
        foreach (FunctionImage function in reading.Functions)
            MarkCallees(index, function, called);

        for (int i = 0; i < called.Length; i++)
        {
            FunctionImage function = reading.Functions[i];
            if (called[i] && CanBeSubprogram(function))
            {
                reading.Functions[i] = function with
                {
                    IsSubprogram = true, Type = ProgramType.Unspec, AttachType = AttachType.None, AttachTarget = null, Flags = SectionFlags.None, AutoAttach = AutoAttachKind.None, IsTypeGuessed = false, AutoLoad = true,
                };
            }
        }
    }

    private static bool CanBeSubprogram(FunctionImage function) => !function.IsSubprogram && (function.IsStatic || function.Type == ProgramType.Unspec);

    private static void MarkCallees(FunctionIndex index, FunctionImage function, bool[] called)
    {
        foreach (FunctionReference reference in FunctionReferences.Of(function))
        {
            if (index.At(reference.Section, reference.Target) is { } callee && callee.Index != function.Index)
                called[callee.Index] = true;
        }
    }
}
