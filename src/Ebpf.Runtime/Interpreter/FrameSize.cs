using Ebpf.Verifier;

namespace Ebpf.Runtime.Interpreter;

/// <summary>How much stack a function's frame takes.</summary>
internal static class FrameSize
{
    /// <summary>What a function may use at most, and what one gets of which nothing is known.</summary>
    /// <remarks>MAX_BPF_STACK in include/linux/filter.h.</remarks>
    internal const int Maximum = 512;

    /// <summary>The bytes that the function at <paramref name="start"/> uses.</summary>
    internal static int Of(Facts? facts, int start)
    {
        if (facts is null)
            return Maximum;
        foreach (FunctionFact function in facts.Functions)
        {
            if (function.Start == start)
                return function.StackBytes;
        }

        return Maximum;
    }
}
