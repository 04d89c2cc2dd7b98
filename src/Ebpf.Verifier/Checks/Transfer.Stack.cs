using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>The stack, byte by byte.</summary>
internal sealed partial class Transfer
{
    private RegisterState LoadStack(in RegisterState address, int register, int displacement, int size)
    {
        FrameState frame = StackRange(address, register, displacement, size, out int low, out int high);
        CheckAlignment(address, displacement, size, register);
        CheckLive(address.Subject, low, high);
        if (!address.Value.IsConstant)
            return LoadStackSomewhere(frame, low, high);
        return LoadBytesOf(frame, low, size);
    }

    /// <summary>What aligned bytes of a frame hold.</summary>
    private RegisterState LoadBytesOf(FrameState frame, int low, int size)
    {
        int slotIndex = FrameState.SlotOf(low);
        if (slotIndex >= frame.UsedSlots)
            return UnwrittenStack(low, size);
        ref StackSlot slot = ref frame.Stack[slotIndex];
        int first = low & 7;
        if (slot.HasSpill)
        {
            if (slot.Spill.IsStackObject)
                throw OpaqueStack(slot.Spill, low);
            if (slot.IsFullSpill && size == 8)
            {
                ref RegisterState spilled = ref slot.Spill;
                Link(ref spilled);
                return spilled;
            }

            if (!slot.Spill.IsScalar)
                throw Refuse(Rule.StackAccess, $"part of a pointer that was saved on the stack at fp{low - first:+0;-0} is read: {size} bytes", "read it whole, as 8 bytes");
            if (first == slot.SpillStart && size <= (first == 0 ? slot.SpillSize : 4))
            {
                RegisterState part = slot.Spill;
                if (part.Value.UMax > Tnum.LowBits(size * 8))
                {
                    part.Value = part.Value.Truncate(size * 8);
                    Unlink(ref part);
                }

                return part;
            }
        }

        return LoadBytes(ref slot, low, first, size);
    }

    private RegisterState LoadBytes(ref StackSlot slot, int offset, int first, int size)
    {
        int zeros = 0;
        bool zeroSpill = slot.HasSpill && slot.Spill.IsZero;
        ulong sources = 0;
        for (int i = first; i < first + size; i++)
        {
            switch (slot[i])
            {
                case StackByte.Zero:
                    zeros++;
                    break;
                case StackByte.Spill when zeroSpill:
                    zeros++;
                    sources |= slot.Spill.Sources;
                    break;
                case StackByte.Invalid when IsStrict:
                    return UnwrittenStack(offset, size);
            }
        }

        if (zeros != size)
            return RegisterState.Unknown;
        RegisterState zero = RegisterState.Constant(0);
        zero.Sources = sources;
        return zero;
    }

    private RegisterState LoadStackSomewhere(FrameState frame, int low, int high)
    {
        bool allZero = true;
        ulong sources = 0;
        for (int offset = low; offset < high; offset++)
        {
            int index = FrameState.SlotOf(offset);
            StackByte kind = index < frame.UsedSlots ? frame.Stack[index][offset & 7] : StackByte.Invalid;
            if (kind == StackByte.Spill && frame.Stack[index].Spill.IsStackObject)
                throw OpaqueStack(frame.Stack[index].Spill, offset);
            if (kind == StackByte.Invalid && IsStrict)
                return UnwrittenStack(offset, 1);
            if (kind == StackByte.Spill && frame.Stack[index].Spill.IsZero)
                sources |= frame.Stack[index].Spill.Sources;
            else
                allZero &= kind == StackByte.Zero;
        }

        if (!allZero)
            return RegisterState.Unknown;
        RegisterState zero = RegisterState.Constant(0);
        zero.Sources = sources;
        return zero;
    }

    /// <summary>Linux lets root read stack that was not written; the engines hand out zeroed stack, so that nothing leaks either way.</summary>
    private RegisterState UnwrittenStack(int offset, int size)
    {
        if (IsStrict)
            throw Refuse(Rule.StackAccess, $"{size} bytes of stack at fp{offset} are read, but not all of them were written", "initialise the variable, for example with = {}");
        return RegisterState.Unknown;
    }

    private void StoreStack(in RegisterState address, int register, int displacement, int size, in RegisterState value)
    {
        FrameState frame = StackRange(address, register, displacement, size, out int low, out int high);
        CheckAlignment(address, displacement, size, register);
        if (!address.Value.IsConstant)
        {
            StoreStackSomewhere(frame, low, high, value);
            return;
        }

        frame.Reach(low);
        Overwrite(frame, low, high);
        ref StackSlot slot = ref frame.Stack[FrameState.SlotOf(low)];
        if (size < 8)
            KeepPointerWhole(slot, low);
        int first = low & 7;
        if (value.IsPointer)
        {
            if (size != 8)
                throw Refuse(Rule.StackAccess, $"part of {Words.Describe(value)} is stored on the stack; a pointer is stored as 8 bytes");
            if (value.Kind == RegisterKind.Stack && address.Subject != State.Depth)
                throw Refuse(Rule.PointerLeak, "a pointer to this function's stack is stored in the stack of its caller");
        }

        if (first == 0)
        {
            slot.Scrub();
            SpillNumber(ref slot, value, size);
            for (int i = 0; i < size; i++)
                slot.SetByte(i, StackByte.Spill);
            return;
        }

        // A narrow number below the bytes written stays as it is.
        if (first < slot.SpillSize || slot.SpillStart != 0)
            slot.Scrub();
        // Linux keeps no number in the upper half of a slot. Where it did, counters there would be different in each round, and loops would not converge.
        if (first == 4 && size == 4 && !slot.HasSpill && _program.Dialect == Dialect.Windows)
        {
            SpillNumber(ref slot, value, size);
            for (int i = first; i < first + size; i++)
                slot.SetByte(i, StackByte.Spill);
            return;
        }

        bool zero = value.IsZero;
        if (zero)
            _paths.Need(value.Sources);
        for (int i = first; i < first + size; i++)
            slot.SetByte(i, zero ? StackByte.Zero : StackByte.Misc);
    }

    /// <summary>What is left of a saved pointer that is partly overwritten would be a number, and could be given away.</summary>
    /// <remarks>"attempt to corrupt spilled pointer on stack" in Linux, without CAP_PERFMON.</remarks>
    private void KeepPointerWhole(in StackSlot slot, int offset)
    {
        if (IsStrict && slot.HasSpill && slot.Spill.IsPointer)
            throw Refuse(Rule.PointerLeak, $"part of the pointer that is saved at fp{offset & ~7} is overwritten", "use another place on the stack");
    }

    /// <summary>Keeps a register, or as much of a number as is stored.</summary>
    private static void SpillNumber(ref StackSlot slot, in RegisterState value, int size)
    {
        slot.Spill = value;
        if (value.IsScalar && size < 8 && value.Value.UMax > Tnum.LowBits(size * 8))
        {
            slot.Spill.Value = value.Value.Truncate(size * 8);
            Unlink(ref slot.Spill);
        }
    }

    private void StoreStackSomewhere(FrameState frame, int low, int high, in RegisterState value)
    {
        frame.Reach(low);
        Overwrite(frame, low, high);
        bool zero = value.IsZero;
        if (zero)
            _paths.Need(value.Sources);
        for (int offset = low; offset < high; offset++)
        {
            ref StackSlot slot = ref frame.Stack[FrameState.SlotOf(offset)];
            KeepPointerWhole(slot, offset);
            bool zeroSpill = slot.HasSpill && slot.Spill.IsZero;
            if (zero && zeroSpill && slot[offset & 7] == StackByte.Spill)
                continue;
            slot.Scrub();
            // Which of the bytes is written is not known: one that may keep its old content is zero only if it was and a zero is written.
            StackByte old = slot[offset & 7];
            if (old == StackByte.Invalid && IsStrict)
                throw Refuse(Rule.StackAccess, $"a store at a variable offset may leave the byte at fp{offset} unwritten", "initialise the array first");
            slot.SetByte(offset & 7, zero && old == StackByte.Zero ? StackByte.Zero : StackByte.Misc);
        }
    }

    /// <summary>The bytes that an access may touch, checked against the frame: from <paramref name="low"/> up to, not including, <paramref name="high"/>.</summary>
    private FrameState StackRange(in RegisterState address, int register, int displacement, long size, out int low, out int high)
    {
        long fixedOffset = (long)address.Offset + displacement;
        long first = fixedOffset + address.Value.SMin;
        bool bounded = address.Value.SMin > -MaxOffset && address.Value.SMax < MaxOffset;
        long end = fixedOffset + address.Value.SMax + size;
        if (!bounded || first < -FrameState.StackBytes || end > 0)
        {
            string place = !address.Value.IsConstant
                ? $"at fp{fixedOffset:+0;-0;+0} plus {Words.Range(address.Value)}"
                : $"at fp{first:+0;-0;+0}";
            throw Refuse(Rule.StackAccess, $"R{register}: the access of {size} bytes {place} leaves the stack (fp-512 to fp-1)", "check the index against the array's size before the access");
        }

        low = (int)first;
        high = (int)end;
        FrameState frame = State.Frames[address.Subject];
        _facts.UseStack(frame.Function, -low);
        return frame;
    }

    /// <summary>The ahead-of-time liveness must have foreseen every read; where it did not, it is made coarser and the walk begins again.</summary>
    private void CheckLive(int frame, int low, int high)
    {
        int site = frame == State.Depth ? Slot : State.Frames[frame + 1].CallSite;
        ulong live = _liveness.Stack(site);
        int last = FrameState.SlotOf(low);
        for (int slot = FrameState.SlotOf(high - 1); slot <= last; slot++)
        {
            if ((live >> slot & 1) == 0)
                throw new LivenessGap(State.Frames[frame].Function);
        }
    }

    /// <summary>A helper reads memory on the stack.</summary>
    private void ReadStackRange(in RegisterState address, int register, long size)
    {
        if (size == 0)
            return;
        FrameState frame = StackRange(address, register, 0, size, out int low, out int high);
        CheckLive(address.Subject, low, high);
        for (int index = FrameState.SlotOf(high - 1); index <= FrameState.SlotOf(low) && index < frame.UsedSlots; index++)
        {
            if (frame.Stack[index].HasSpill && frame.Stack[index].Spill.IsStackObject)
                throw OpaqueStack(frame.Stack[index].Spill, low);
        }

        if (!IsStrict)
            return;
        for (int offset = low; offset < high; offset++)
        {
            int index = FrameState.SlotOf(offset);
            if (index >= frame.UsedSlots || frame.Stack[index][offset & 7] == StackByte.Invalid)
                UnwrittenStack(offset, 1);
            if (frame.Stack[index].HasSpill && frame.Stack[index].Spill.IsPointer)
                throw Refuse(Rule.PointerLeak, $"the helper is given stack in which a pointer is saved at fp{offset & ~7}");
        }
    }

    /// <summary>A helper writes memory on the stack: what was there is forgotten.</summary>
    private void WriteStackRange(in RegisterState address, int register, long size)
    {
        if (size == 0)
            return;
        FrameState frame = StackRange(address, register, 0, size, out int low, out int high);
        frame.Reach(low);
        Overwrite(frame, low, high);
        bool certain = address.Value.IsConstant;
        for (int offset = low; offset < high; offset++)
        {
            ref StackSlot slot = ref frame.Stack[FrameState.SlotOf(offset)];
            if (!certain || (offset & ~7) < low || (offset | 7) >= high)
                KeepPointerWhole(slot, offset);
            slot.Scrub();
            if (certain || slot[offset & 7] != StackByte.Invalid)
                slot.SetByte(offset & 7, StackByte.Misc);
        }
    }
}
