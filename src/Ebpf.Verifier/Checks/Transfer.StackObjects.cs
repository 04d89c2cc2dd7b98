using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>What lies in the stack and is only for the functions that know it: dynptrs, iterators, saved interrupt flags.</summary>
/// <remarks>Each takes whole slots, as if a register of its kind were spilled in every one of them.</remarks>
internal sealed partial class Transfer
{
    /// <summary>The top slot of an object of some slots that a register points to; refused where it does not point to a whole slot of a frame.</summary>
    private FrameState ObjectSlots(string function, in RegisterState address, int register, int slots, out int top)
    {
        int offset = address.Offset + (int)(long)address.Value.Value;
        bool whole = address.Kind == RegisterKind.Stack && address.Value.IsConstant && offset % 8 == 0 && offset >= -FrameState.StackBytes && offset + slots * 8 <= 0;
        if (!whole)
            throw Refuse(Rule.HelperArgument, $"{function}: R{register} is {Words.Describe(address)}, but must point to {slots * 8} aligned bytes of the stack");
        FrameState frame = State.Frames[address.Subject];
        // The lowest address has the highest slot number.
        top = FrameState.SlotOf(offset);
        return frame;
    }

    /// <summary>Puts an object into slots that hold none yet.</summary>
    private void PutObject(string function, in RegisterState address, int register, int slots, RegisterState value)
    {
        FrameState frame = ObjectSlots(function, address, register, slots, out int top);
        int offset = -(top + 1) * 8;
        for (int i = 0; i < slots; i++)
        {
            int index = top - i;
            if (index < frame.UsedSlots && frame.Stack[index] is { HasSpill: true, Spill.IsStackObject: true } taken && (taken.Spill.Kind != RegisterKind.Dynptr || value.Kind != RegisterKind.Dynptr))
                throw Refuse(Rule.HelperArgument, $"{function}: R{register} points to {Words.Describe(taken.Spill)}, but must point to stack that holds none");
        }

        frame.Reach(offset);
        _facts.UseStack(frame.Function, -offset);
        Overwrite(frame, offset, offset + slots * 8);
        for (int i = 0; i < slots; i++)
        {
            ref StackSlot slot = ref frame.Stack[top - i];
            slot.Bytes = StackSlot.AllSpill;
            slot.Spill = value;
            slot.Spill.Offset = i;
        }
    }

    /// <summary>The object that a register points to; refused where there is none of the kind, or not all of it.</summary>
    private ref RegisterState FindObject(string function, in RegisterState address, int register, int slots, RegisterKind kind, out FrameState frame, out int top)
    {
        frame = ObjectSlots(function, address, register, slots, out top);
        CheckLive(address.Subject, -(top + 1) * 8, (slots - top - 1) * 8);
        for (int i = 0; i < slots; i++)
        {
            bool isThere = top < frame.UsedSlots && frame.Stack[top - i] is { IsFullSpill: true } slot && slot.Spill.Kind == kind && slot.Spill.Offset == i
                && slot.Spill.Reference == frame.Stack[top].Spill.Reference && slot.Spill.Id == frame.Stack[top].Spill.Id;
            if (!isThere)
                throw Refuse(Rule.HelperArgument, $"{function}: R{register} must point to {Words.Describe(new RegisterState { Kind = kind })} that is initialised", "initialise it on every path before it is used");
        }

        return ref frame.Stack[top].Spill;
    }

    private static void RemoveObject(FrameState frame, int top, int slots)
    {
        for (int i = 0; i < slots; i++)
        {
            frame.Stack[top - i].Bytes = StackSlot.AllMisc;
            frame.Stack[top - i].Spill = default;
        }
    }

    /// <summary>Bytes of the stack are written: objects that lie there are no more.</summary>
    private void Overwrite(FrameState frame, int low, int high)
    {
        for (int index = FrameState.SlotOf(high - 1); index <= FrameState.SlotOf(low) && index < frame.UsedSlots; index++)
        {
            ref StackSlot slot = ref frame.Stack[index];
            if (!slot.HasSpill || !slot.Spill.IsStackObject)
                continue;
            if (slot.Spill.Kind == RegisterKind.Dynptr)
                OverwriteDynptr(frame, index);
            else
                slot.Scrub();
        }
    }

    private Refusal OpaqueStack(in RegisterState value, int offset) =>
        Refuse(Rule.StackAccess, $"{Words.Describe(value)} lies on the stack at fp{offset & ~7}; it is not read directly");
}
