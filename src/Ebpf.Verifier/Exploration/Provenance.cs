using System.Numerics;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Exploration;

/// <summary>
/// Which numbers a proof rests on. At a checkpoint every number gets a bit of its own (64 of them; beyond that they share, which only marks more than
/// needed); transfer functions carry the bits along, so that <see cref="RegisterState.Sources"/> always says from which numbers of the last checkpoint a
/// value was computed. When a value is needed, its sources are marked there, and from there their sources in the checkpoint before, up the path.
/// </summary>
/// <remarks>The kernel finds the same set by walking back over the instructions (mark_chain_precision).</remarks>
internal static class Provenance
{
    /// <summary>Gives every number of the working state that was just kept its bit.</summary>
    internal static void Begin(MachineState state, int slot, Liveness liveness)
    {
        int number = 0;
        for (int depth = 0; depth <= state.Depth; depth++)
        {
            StatePacking.Select(state, depth, slot, liveness, out uint registers, out ulong slots);
            FrameState frame = state.Frames[depth];
            for (int i = 0; i < FrameState.Registers - 1; i++)
                Assign(ref frame.Registry[i], (registers >> i & 1) != 0, ref number);
            for (int i = 0; i < frame.UsedSlots; i++)
            {
                if (frame.Stack[i].HasSpill)
                    Assign(ref frame.Stack[i].Spill, (slots >> i & 1) != 0, ref number);
            }
        }
    }

    /// <summary>Marks numbers as needed, from a checkpoint up its path.</summary>
    internal static void Need(Checkpoints kept, int checkpoint, ulong sources)
    {
        while (sources != 0 && checkpoint >= 0)
        {
            ref Checkpoint entry = ref kept[checkpoint];
            Span<RegisterState> items = kept.ItemsOf(entry);
            Span<ulong> needed = kept.NeededOf(entry);
            ulong before = 0;
            int number = 0;
            for (int i = 0; i < items.Length; i++)
            {
                if (!HasBit(items[i]))
                    continue;
                ulong bit = 1ul << (number++ & 63);
                if ((sources & bit) == 0 || (needed[i >> 6] >> (i & 63) & 1) != 0)
                    continue;
                needed[i >> 6] |= 1ul << (i & 63);
                before |= items[i].Sources;
            }

            sources = before;
            checkpoint = entry.Parent;
        }
    }

    /// <summary>What the proof from an old state rests on, as sources of the working state that it covers.</summary>
    internal static ulong NeededOf(Checkpoints kept, in Checkpoint entry, MachineState state)
    {
        ReadOnlySpan<ulong> words = kept.WordsOf(entry);
        ReadOnlySpan<ulong> needed = kept.NeededOf(entry);
        ulong sources = 0;
        int at = StatePacking.HeaderWords + StatePacking.ReferenceWords * state.ReferenceCount, item = 0;
        for (int depth = 0; depth <= state.Depth; depth++)
        {
            FrameState frame = state.Frames[depth];
            uint registers = (uint)words[at + 2];
            ulong slots = words[at + 3];
            at += StatePacking.FrameWords;
            for (uint rest = registers; rest != 0; rest &= rest - 1, item++)
            {
                ref RegisterState now = ref frame.Registry[BitOperations.TrailingZeroCount(rest)];
                if ((needed[item >> 6] >> (item & 63) & 1) != 0 && now.IsScalar)
                    sources |= now.Sources;
            }

            for (ulong rest = slots; rest != 0; rest &= rest - 1)
            {
                if (!StackSlot.HoldsSpill(words[at++]))
                    continue;
                ref StackSlot now = ref frame.Stack[BitOperations.TrailingZeroCount(rest)];
                if ((needed[item >> 6] >> (item & 63) & 1) != 0 && now.HasSpill && now.Spill.IsScalar)
                    sources |= now.Spill.Sources;
                item++;
            }
        }

        return sources;
    }

    // A number of which nothing is known covers every other whether it is needed or not.
    private static bool HasBit(in RegisterState value) => value.IsScalar && !(value.Id == 0 && value.Value.IsUnknown);

    private static void Assign(ref RegisterState value, bool isKept, ref int number) =>
        value.Sources = isKept && HasBit(value) ? 1ul << (number++ & 63) : 0;
}
