using System.Numerics;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Exploration;

/// <summary>Makes rounds that the engine bounds converge: numbers that differ from the round before, and that nothing rests on, become unknown.</summary>
/// <remarks>widen_imprecise_scalars in the kernel's verifier. Forgetting is always sound.</remarks>
internal static class Widening
{
    internal static void Apply(Checkpoints kept, in Checkpoint entry, MachineState state)
    {
        ReadOnlySpan<ulong> words = kept.WordsOf(entry);
        ReadOnlySpan<ulong> needed = kept.NeededOf(entry);
        ReadOnlySpan<RegisterState> items = kept.ItemsOf(entry);
        int at = StatePacking.HeaderWords + StatePacking.ReferenceWords * (int)(words[0] >> 32), item = 0;
        for (int depth = 0; depth <= state.Depth; depth++)
        {
            FrameState frame = state.Frames[depth];
            uint registers = (uint)words[at + 2];
            ulong slots = words[at + 3];
            at += StatePacking.FrameWords;
            for (uint rest = registers; rest != 0; rest &= rest - 1, item++)
            {
                if ((needed[item >> 6] >> (item & 63) & 1) == 0)
                    Widen(items[item], ref frame.Registry[BitOperations.TrailingZeroCount(rest)]);
            }

            for (ulong rest = slots; rest != 0; rest &= rest - 1)
            {
                if (!StackSlot.HoldsSpill(words[at++]))
                    continue;
                ref StackSlot now = ref frame.Stack[BitOperations.TrailingZeroCount(rest)];
                if ((needed[item >> 6] >> (item & 63) & 1) == 0)
                    Widen(items[item], ref now);
                item++;
            }
        }
    }

    private static void Widen(in RegisterState old, ref StackSlot now)
    {
        if (now.IsFullSpill)
            Widen(old, ref now.Spill);
        else if (now.HasSpill && old.IsScalar && now.Spill.IsScalar && now.Spill.Value != old.Value)
            now.Scrub();
    }

    private static void Widen(in RegisterState old, ref RegisterState now)
    {
        if (!old.IsScalar || !now.IsScalar || now.Value == old.Value)
            return;
        ulong sources = now.Sources;
        now = RegisterState.Unknown;
        now.Sources = sources;
    }
}
