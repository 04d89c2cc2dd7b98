using System.Numerics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Exploration;

/// <summary>How strictly two states are compared.</summary>
internal enum Likeness
{
    /// <summary>Numbers that the old proof does not rest on may be anything. Only for states whose proof is complete.</summary>
    AsNeeded,

    /// <summary>Every number of the new state lies within the old one's.</summary>
    Within,

    /// <summary>The states are the same but for the names of identities.</summary>
    Same,
}

/// <summary>Whether what was proved from an old state holds for the working state: every concrete state of the new one is one of the old.</summary>
/// <remarks>states_equal, regsafe, stacksafe in the kernel's verifier.</remarks>
internal sealed class Subsumption(bool strict)
{
    private readonly int[] _oldIds = new int[256];
    private readonly int[] _newIds = new int[256];
    private int _idCount;

    /// <summary>Sources of numbers that the last comparison took for zero bytes: covered only because they are zero.</summary>
    internal ulong ReliedOn { get; private set; }

    internal bool Covers(in Checkpoint entry, Checkpoints kept, MachineState state, Likeness likeness)
    {
        ReadOnlySpan<ulong> words = kept.WordsOf(entry);
        bool sameShape = words[0] == ((uint)state.Depth | ((ulong)(uint)state.ReferenceCount << 32))
            && (int)(words[1] >> 32) == state.LockMap
            && (int)(uint)words[2] == state.ReadLocks
            && (int)(uint)words[3] == state.PreemptionLocks;
        if (!sameShape)
            return false;

        _idCount = 0;
        ReliedOn = 0;
        if (!SameId((int)(uint)words[1], state.LockId))
            return false;
        int at = StatePacking.HeaderWords;
        for (int i = 0; i < state.ReferenceCount; i++)
        {
            if (!SameId((int)(uint)words[at], state.References[i].Id) || words[at + 1] != ((uint)state.References[i].Depth | ((ulong)state.References[i].Kind << 32)))
                return false;
            at += StatePacking.ReferenceWords;
        }

        ReadOnlySpan<RegisterState> items = kept.ItemsOf(entry);
        ReadOnlySpan<ulong> needed = kept.NeededOf(entry);
        int item = 0;
        for (int depth = 0; depth <= state.Depth; depth++)
        {
            FrameState frame = state.Frames[depth];
            bool sameFrame = words[at] == ((uint)frame.Function | ((ulong)frame.Role << 32))
                && (int)(uint)words[at + 1] == frame.CallSite
                && (likeness == Likeness.Within || (int)(words[at + 1] >> 32) == frame.CallbackDepth);
            if (!sameFrame)
                return false;
            uint registers = (uint)words[at + 2];
            ulong slots = words[at + 3];
            at += StatePacking.FrameWords;
            for (uint rest = registers; rest != 0; rest &= rest - 1)
            {
                bool isNeeded = (needed[item >> 6] >> (item & 63) & 1) != 0;
                if (!Covers(items[item], frame.Registry[BitOperations.TrailingZeroCount(rest)], isNeeded, likeness))
                    return false;
                item++;
            }

            for (ulong rest = slots; rest != 0; rest &= rest - 1)
            {
                ulong bytes = words[at++];
                bool hasSpill = StackSlot.HoldsSpill(bytes);
                bool isNeeded = hasSpill && (needed[item >> 6] >> (item & 63) & 1) != 0;
                RegisterState spill = hasSpill ? items[item] : default;
                if (!CoversSlot(bytes, spill, frame.Stack[BitOperations.TrailingZeroCount(rest)], isNeeded, likeness))
                    return false;
                if (hasSpill)
                    item++;
            }
        }

        return true;
    }

    private bool CoversSlot(ulong oldBytes, in RegisterState oldSpill, in StackSlot slot, bool isNeeded, Likeness likeness)
    {
        if (oldBytes == StackSlot.AllSpill && slot.Bytes == StackSlot.AllSpill)
            return Covers(oldSpill, slot.Spill, isNeeded, likeness);
        // A whole number and eight bytes of anything are two ways of saying the same.
        if (oldBytes == StackSlot.AllSpill && oldSpill.IsScalar)
        {
            bool anything = (likeness == Likeness.AsNeeded && !isNeeded) || (oldSpill.Value.IsUnknown && oldSpill.Id == 0 && !oldSpill.IsPacketLength);
            if (anything && likeness != Likeness.Same)
                return !strict || (!HasInvalid(slot.Bytes) && !(slot.HasSpill && slot.Spill.IsPointer));
            // Zero bytes stand for the constant zero.
            return slot.Bytes == StackSlot.AllZero && likeness != Likeness.Same && oldSpill.Value.Contains(0) && oldSpill.Id == 0 && !oldSpill.IsPacketLength;
        }

        // A pointer read as a number would leak where numbers may go.
        if (strict && slot.HasSpill && slot.Spill.IsPointer && !(oldSpill.IsPointer && StackSlot.HoldsSpill(oldBytes)))
            return false;
        bool spillCompared = false;
        for (int i = 0; i < 8; i++)
        {
            StackByte old = (StackByte)(byte)(oldBytes >> (i * 8));
            StackByte now = slot[i];
            switch (old)
            {
                case StackByte.Invalid:
                    continue;
                case StackByte.Misc when now == StackByte.Misc || (likeness != Likeness.Same && (!strict || now != StackByte.Invalid)):
                    // Read as an unknown number; whatever is there now is one of those.
                    continue;
                case StackByte.Zero when now == StackByte.Zero:
                    continue;
                case StackByte.Zero when now == StackByte.Spill && slot.Spill.IsZero && likeness != Likeness.Same:
                    ReliedOn |= slot.Spill.Sources;
                    continue;
                case StackByte.Spill when now == StackByte.Spill:
                    if (spillCompared)
                        continue;
                    spillCompared = true;
                    if (StackSlot.StartOfSpill(oldBytes) != slot.SpillStart || !Covers(oldSpill, slot.Spill, isNeeded, likeness))
                        return false;
                    continue;
                case StackByte.Spill when oldSpill.IsScalar && likeness == Likeness.AsNeeded && !isNeeded && (!strict || now != StackByte.Invalid):
                    continue;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool HasInvalid(ulong bytes)
    {
        for (int i = 0; i < 8; i++)
        {
            if ((byte)(bytes >> (i * 8)) == (byte)StackByte.Invalid)
                return true;
        }

        return false;
    }

    private bool Covers(in RegisterState old, in RegisterState now, bool isNeeded, Likeness likeness)
    {
        if (likeness == Likeness.Same)
            return IsSame(old, now);
        if (old.Kind == RegisterKind.Scalar)
        {
            if (now.Kind == RegisterKind.Uninitialised)
                return false;
            // Concretely a pointer is a number too; where the old proof takes any number, it takes this one, unless it must not leak.
            if (likeness == Likeness.AsNeeded && !isNeeded)
                return !strict || now.Kind == RegisterKind.Scalar;
            if (now.Kind != RegisterKind.Scalar)
                return false;
            if (!now.Value.IsSubsetOf(old.Value) || (old.IsPacketLength && !now.IsPacketLength))
                return false;
            return old.Id == 0 || (old.Size == now.Size && SameId(old.Id, now.Id));
        }

        if (old.Kind != now.Kind || old.Marks != now.Marks || old.Subject != now.Subject || old.Offset != now.Offset)
            return false;
        if (!SameId(old.Id, now.Id) || !SameId(old.Reference, now.Reference) || !SameId(old.MapIdentity, now.MapIdentity))
            return false;
        // How many elements an iterator gave says nothing of what is to come.
        if (old.Kind == RegisterKind.Iterator)
            return true;
        // Known to be at or beyond the end says nothing of bytes: where the old proof needed none, it does for this.
        bool sizeFits = old.IsPacketPointer && old.Size >= 0 ? Math.Max(now.Size, 0) >= old.Size : now.Size == old.Size;
        return sizeFits && now.Value.IsSubsetOf(old.Value);
    }

    private bool IsSame(in RegisterState old, in RegisterState now) =>
        old.Kind == now.Kind && old.Marks == now.Marks && old.Subject == now.Subject && old.Offset == now.Offset && old.Size == now.Size
        && old.Value == now.Value && SameId(old.Id, now.Id) && SameId(old.Reference, now.Reference) && SameId(old.MapIdentity, now.MapIdentity);

    /// <summary>Whether an old identity may be renamed to a new one, the same way everywhere.</summary>
    private bool SameId(int old, int now)
    {
        if (old == 0 || now == 0)
            return old == now;
        for (int i = 0; i < _idCount; i++)
        {
            if (_oldIds[i] == old)
                return _newIds[i] == now;
            if (_newIds[i] == now)
                return false;
        }

        if (_idCount == _oldIds.Length)
            return false;
        _oldIds[_idCount] = old;
        _newIds[_idCount++] = now;
        return true;
    }
}
