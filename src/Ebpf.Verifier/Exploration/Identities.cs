using System.Numerics;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Exploration;

/// <summary>Forgets identities of numbers of which only one copy lives on: they link nothing and would only keep states apart.</summary>
internal static class Identities
{
    internal static void Forget(MachineState state, int slot, Liveness liveness)
    {
        // A count for each id by its low bits; ids that share them count as linked, which keeps too much and never too little.
        Span<byte> counts = stackalloc byte[256];
        counts.Clear();
        for (int pass = 0; pass < 2; pass++)
        {
            for (int depth = 0; depth <= state.Depth; depth++)
            {
                StatePacking.Select(state, depth, slot, liveness, out uint registers, out ulong slots);
                FrameState frame = state.Frames[depth];
                for (uint rest = registers; rest != 0; rest &= rest - 1)
                    Visit(ref frame.Registry[BitOperations.TrailingZeroCount(rest)], counts, forgets: pass == 1);
                for (ulong rest = slots; rest != 0; rest &= rest - 1)
                {
                    ref StackSlot stack = ref frame.Stack[BitOperations.TrailingZeroCount(rest)];
                    if (stack.HasSpill)
                        Visit(ref stack.Spill, counts, forgets: pass == 1);
                }
            }
        }
    }

    private static void Visit(ref RegisterState value, Span<byte> counts, bool forgets)
    {
        if (!value.IsScalar || value.Id == 0)
            return;
        ref byte count = ref counts[value.Id & 255];
        if (!forgets)
        {
            if (count < 2)
                count++;
        }
        else if (count == 1)
        {
            value.Id = value.Size = 0;
        }
    }
}
