using Ebpf.Verifier.Checks;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Verifier.Structure;

/// <summary>The stack over every chain of calls: at most 512 bytes, each frame in steps of 16.</summary>
/// <remarks>check_max_stack_depth in the kernel's verifier.</remarks>
internal static class StackDepth
{
    private const int Limit = 512, Granularity = 16;

    /// <exception cref="Refusal">A chain is too deep.</exception>
    internal static void Check(ProgramShape shape, CallGraph calls, FactCollector facts)
    {
        int[] depth = new int[shape.Functions.Length];
        int[] frames = new int[shape.Functions.Length];
        int[] deepest = new int[shape.Functions.Length];
        foreach (int function in calls.CalleesFirst)
        {
            deepest[function] = -1;
            foreach (CallEdge edge in calls.Calls[function])
            {
                // A call that no path reaches adds nothing.
                if (!facts.IsReached(edge.Slot))
                    continue;
                frames[function] = Math.Max(frames[function], frames[edge.Callee]);
                if (deepest[function] >= 0 && depth[edge.Callee] <= depth[deepest[function]])
                    continue;
                deepest[function] = edge.Callee;
            }

            int own = (facts.StackOf(function) + Granularity - 1) & ~(Granularity - 1);
            frames[function]++;
            depth[function] = own + (deepest[function] >= 0 ? depth[deepest[function]] : 0);
        }

        for (int function = 0; function < depth.Length; function++)
        {
            if (depth[function] > Limit)
                throw new Refusal(Rule.StackDepth, shape.Functions[function].Start, $"the stack of {Chain(shape, deepest, facts, function)} is {depth[function]} bytes together; at most {Limit} are allowed", "keep large variables in a map (per-CPU array) instead");
            if (frames[function] > State.MachineState.MaxFrames)
                throw new Refusal(Rule.StackDepth, shape.Functions[function].Start, $"{shape.Functions[function].Name} leads to {frames[function]} nested calls; at most {State.MachineState.MaxFrames} are allowed");
        }
    }

    private static string Chain(ProgramShape shape, int[] deepest, FactCollector facts, int function)
    {
        List<string> names = [];
        for (int at = function; at >= 0; at = deepest[at])
            names.Add($"{shape.Functions[at].Name} ({facts.StackOf(at)})");
        return string.Join(" -> ", names);
    }
}
