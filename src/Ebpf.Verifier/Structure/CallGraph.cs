using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Verifier.Structure;

/// <summary>Which function calls which, directly or as a callback. There is no recursion.</summary>
internal sealed class CallGraph
{
    private CallGraph(List<CallEdge>[] calls, int[] calleesFirst)
    {
        Calls = calls;
        CalleesFirst = calleesFirst;
    }

    /// <summary>The calls of each function.</summary>
    internal List<CallEdge>[] Calls { get; }

    /// <summary>All functions, each after those that it calls.</summary>
    internal int[] CalleesFirst { get; }

    /// <exception cref="Refusal">A function calls itself, directly or through others.</exception>
    internal static CallGraph Of(ProgramShape shape)
    {
        List<CallEdge>[] calls = new List<CallEdge>[shape.Functions.Length];
        for (int i = 0; i < calls.Length; i++)
        {
            calls[i] = [];
            FunctionRange function = shape.Functions[i];
            for (int slot = function.Start; slot < function.End; slot++)
            {
                ref readonly Instruction instruction = ref shape.Code[slot];
                bool refers = instruction.IsWide && instruction.Source == (Register)PseudoLoad.Function;
                if (instruction.IsLocalCall || refers)
                {
                    int callee = shape.FunctionStartingAt(slot + 1 + instruction.Immediate);
                    calls[i].Add(new CallEdge(callee, slot, refers));
                }

                if (instruction.IsWide)
                    slot++;
            }
        }

        return new CallGraph(calls, Order(shape, calls));
    }

    private static int[] Order(ProgramShape shape, List<CallEdge>[] calls)
    {
        // 0: not seen, 1: on the chain, 2: done. A chain of its own instead of recursion: programs can have many thousand functions.
        byte[] color = new byte[calls.Length];
        List<int> order = new(calls.Length);
        Stack<(int Function, int Next)> chain = new();
        for (int root = 0; root < calls.Length; root++)
        {
            if (color[root] != 0)
                continue;
            chain.Push((root, 0));
            color[root] = 1;
            while (chain.TryPop(out (int Function, int Next) top))
            {
                if (top.Next == calls[top.Function].Count)
                {
                    color[top.Function] = 2;
                    order.Add(top.Function);
                    continue;
                }

                chain.Push((top.Function, top.Next + 1));
                CallEdge edge = calls[top.Function][top.Next];
                // A timer may name its own callback again: a reference alone is no call.
                if (color[edge.Callee] == 1 && !edge.IsReference)
                    throw new Refusal(Rule.StackDepth, edge.Slot, $"{shape.Functions[edge.Callee].Name} calls itself, directly or through other functions", "use a loop, or bpf_loop()");
                if (color[edge.Callee] != 0)
                    continue;
                color[edge.Callee] = 1;
                chain.Push((edge.Callee, 0));
            }
        }

        return [.. order];
    }
}

/// <summary>A call, or a reference to a function that a helper calls.</summary>
/// <param name="Callee">The function.</param>
/// <param name="Slot">Where.</param>
/// <param name="IsReference">Whether its address is taken instead of calling it.</param>
internal readonly record struct CallEdge(int Callee, int Slot, bool IsReference);
