using System.Numerics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Exploration;

/// <summary>
/// The packed form of a state: words that say which registers and slots it has, and those as items in the same order. Layout of the words:
/// [depth, references, lock, read locks and may_goto, preemption locks, then two for each reference, then for each frame: function and role, call site and callback depth,
/// registers and activation, slots, and one word of byte kinds for each slot].
/// </summary>
internal static class StatePacking
{
    internal const int HeaderWords = 4, FrameWords = 4, ReferenceWords = 2;

    /// <summary>Which registers and slots of a frame matter: the live ones, or all.</summary>
    internal static void Select(MachineState state, int depth, int slot, Liveness? liveness, out uint registers, out ulong slots)
    {
        FrameState frame = state.Frames[depth];
        int site = depth == state.Depth ? slot : state.Frames[depth + 1].CallSite;
        uint liveRegisters = liveness is null ? uint.MaxValue : liveness.Registers(site, isTop: depth == state.Depth);
        ulong liveSlots = liveness is null ? ulong.MaxValue : liveness.Stack(site);
        registers = 0;
        for (int i = 0; i < FrameState.Registers - 1; i++)
        {
            if (frame.Registry[i].Kind != RegisterKind.Uninitialised)
                registers |= 1u << i;
        }

        registers &= liveRegisters;
        slots = 0;
        for (int i = 0; i < frame.UsedSlots; i++)
        {
            if (!frame.Stack[i].IsInvalid)
                slots |= 1ul << i;
        }

        slots &= liveSlots;
    }

    /// <summary>How many words and items the state takes.</summary>
    internal static (int Words, int Items) Measure(MachineState state, int slot, Liveness? liveness)
    {
        int words = HeaderWords + ReferenceWords * state.ReferenceCount;
        int items = 0;
        for (int depth = 0; depth <= state.Depth; depth++)
        {
            Select(state, depth, slot, liveness, out uint registers, out ulong slots);
            words += FrameWords + BitOperations.PopCount(slots);
            items += BitOperations.PopCount(registers);
            FrameState frame = state.Frames[depth];
            for (ulong rest = slots; rest != 0; rest &= rest - 1)
            {
                if (frame.Stack[BitOperations.TrailingZeroCount(rest)].HasSpill)
                    items++;
            }
        }

        return (words, items);
    }

    internal static void Write(MachineState state, int slot, Liveness? liveness, Span<ulong> words, Span<RegisterState> items)
    {
        words[0] = (uint)state.Depth | ((ulong)(uint)state.ReferenceCount << 32);
        words[1] = (uint)state.LockId | ((ulong)(uint)state.LockMap << 32);
        words[2] = (uint)state.ReadLocks | ((ulong)(uint)state.MayGotoDepth << 32);
        words[3] = (uint)state.PreemptionLocks;
        int at = HeaderWords, item = 0;
        for (int i = 0; i < state.ReferenceCount; i++)
        {
            words[at++] = (uint)state.References[i].Id | ((ulong)(uint)state.References[i].Instruction << 32);
            words[at++] = (uint)state.References[i].Depth | ((ulong)state.References[i].Kind << 32);
        }

        for (int depth = 0; depth <= state.Depth; depth++)
        {
            Select(state, depth, slot, liveness, out uint registers, out ulong slots);
            FrameState frame = state.Frames[depth];
            words[at++] = (uint)frame.Function | ((ulong)frame.Role << 32);
            words[at++] = (uint)frame.CallSite | ((ulong)(uint)frame.CallbackDepth << 32);
            words[at++] = registers | ((ulong)(uint)frame.Activation << 32);
            words[at++] = slots;
            for (uint rest = registers; rest != 0; rest &= rest - 1)
                items[item++] = frame.Registry[BitOperations.TrailingZeroCount(rest)];
            for (ulong rest = slots; rest != 0; rest &= rest - 1)
            {
                ref StackSlot stack = ref frame.Stack[BitOperations.TrailingZeroCount(rest)];
                words[at++] = stack.Bytes;
                if (stack.HasSpill)
                    items[item++] = stack.Spill;
            }
        }
    }

    internal static void Read(MachineState state, ReadOnlySpan<ulong> words, ReadOnlySpan<RegisterState> items)
    {
        state.Depth = (int)(uint)words[0];
        state.ReferenceCount = (int)(words[0] >> 32);
        state.LockId = (int)(uint)words[1];
        state.LockMap = (int)(words[1] >> 32);
        state.ReadLocks = (int)(uint)words[2];
        state.MayGotoDepth = (int)(words[2] >> 32);
        state.PreemptionLocks = (int)(uint)words[3];
        int at = HeaderWords, item = 0;
        for (int i = 0; i < state.ReferenceCount; i++)
        {
            state.References[i] = new Reference((int)(uint)words[at], (int)(words[at] >> 32), (int)(uint)words[at + 1], (ReferenceKind)(words[at + 1] >> 32));
            at += ReferenceWords;
        }

        for (int depth = 0; depth <= state.Depth; depth++)
        {
            FrameState frame = state.FrameAt(depth);
            frame.Reset(depth, (int)(uint)words[at], (int)(uint)words[at + 1], (FrameRole)(words[at] >> 32));
            frame.CallbackDepth = (int)(words[at + 1] >> 32);
            frame.Activation = (int)(words[at + 2] >> 32);
            uint registers = (uint)words[at + 2];
            ulong slots = words[at + 3];
            at += FrameWords;
            for (uint rest = registers; rest != 0; rest &= rest - 1)
                frame.Registry[BitOperations.TrailingZeroCount(rest)] = items[item++];
            frame.UsedSlots = 64 - BitOperations.LeadingZeroCount(slots);
            for (ulong rest = slots; rest != 0; rest &= rest - 1)
            {
                ref StackSlot stack = ref frame.Stack[BitOperations.TrailingZeroCount(rest)];
                stack.Bytes = words[at++];
                if (stack.HasSpill)
                    stack.Spill = items[item++];
            }
        }
    }
}
