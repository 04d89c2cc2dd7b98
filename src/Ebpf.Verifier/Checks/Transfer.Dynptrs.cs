using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Dynptrs: memory whose size is known only at run time, reached through functions that check it.</summary>
/// <remarks>process_dynptr_func, mark_stack_slots_dynptr in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    private const int DynptrSlots = 2;

    /// <summary>Makes a dynptr of 16 bytes of stack.</summary>
    private void MakeDynptr(string function, int register, DynptrKind kind, bool isReadOnly, int reference)
    {
        RegisterState dynptr = RegisterState.Pointer(RegisterKind.Dynptr, (int)kind, isReadOnly ? RegisterMarks.ReadOnly : RegisterMarks.None);
        dynptr.Id = _paths.NewId();
        dynptr.Reference = reference;
        PutObject(function, State[register], register, DynptrSlots, dynptr);
    }

    /// <summary>The dynptr that an argument is.</summary>
    private RegisterState UseDynptr(string function, int register)
    {
        RegisterState value = State[register];
        if (value.Kind == RegisterKind.DynptrHandle && IsUnmoved(value))
            return value;
        return FindObject(function, value, register, DynptrSlots, RegisterKind.Dynptr, out _, out _);
    }

    /// <summary>The object behind a dynptr is given back: every dynptr over it and every slice of them is void.</summary>
    private void ReleaseDynptr(string function, int register, DynptrKind kind)
    {
        RegisterState dynptr = FindObject(function, State[register], register, DynptrSlots, RegisterKind.Dynptr, out _, out _);
        if (dynptr.Subject != (int)kind || dynptr.Reference == 0)
            throw Refuse(Rule.Reference, $"{function}: R{register} points to a dynptr that holds nothing to give back");
        if (!State.TryRelease(dynptr.Reference))
            throw Refuse(Rule.Reference, "the reference was released before");
        for (int depth = 0; depth <= State.Depth; depth++)
        {
            FrameState frame = State.Frames[depth];
            for (int index = 0; index < frame.UsedSlots; index++)
            {
                ref StackSlot slot = ref frame.Stack[index];
                if (!slot.HasSpill || slot.Spill.Kind != RegisterKind.Dynptr || slot.Spill.Reference != dynptr.Reference)
                    continue;
                ForgetSlices(slot.Spill.Id);
                slot.Bytes = StackSlot.AllMisc;
                slot.Spill = default;
            }
        }
    }

    private void OverwriteDynptr(FrameState frame, int index)
    {
        RegisterState dynptr = frame.Stack[index].Spill;
        if (dynptr.Reference != 0)
            throw Refuse(Rule.Reference, "a dynptr that still holds something is overwritten", "submit or discard it first");
        // The other half lies beside it: the first slot has the higher number.
        RemoveObject(frame, index + dynptr.Offset, DynptrSlots);
        ForgetSlices(dynptr.Id);
    }

    private void ForgetSlices(int dynptr)
    {
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if (value.Kind == RegisterKind.Memory && value.MapIdentity == dynptr)
                value = IsStrict ? default : RegisterState.Unknown;
        }
    }

    /// <summary>A part of a dynptr's memory, or null where it is not that large.</summary>
    private RegisterState SliceOf(in RegisterState dynptr, int size, bool isReadOnly)
    {
        RegisterState slice = RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.MaybeNull);
        slice.Size = size;
        slice.MapIdentity = dynptr.Id;
        slice.Id = _paths.NewId();
        if (isReadOnly)
            slice.Marks |= RegisterMarks.ReadOnly;
        if ((DynptrKind)dynptr.Subject is DynptrKind.Skb or DynptrKind.Xdp or DynptrKind.SkbMeta)
            slice.Marks |= RegisterMarks.PacketSlice;
        return slice;
    }

    /// <summary>Arguments of helpers that are dynptrs.</summary>
    private void CheckDynptrArgument(HelperPrototype helper, in Argument argument, int register, ref CallArguments call)
    {
        string function = helper.Name;
        switch (argument.Kind)
        {
            case ArgumentKind.UninitLocalDynptr:
                RegisterState data = State[1];
                Expect(helper, data, 1, data.Kind == RegisterKind.MapValue, "memory of a map value");
                MakeDynptr(function, register, DynptrKind.Local, (data.Marks & RegisterMarks.ReadOnly) != 0, 0);
                return;
            case ArgumentKind.UninitRingBufDynptr:
                call.RingBufDynptr = register;
                return;
            case ArgumentKind.RingBufDynptr:
                ReleaseDynptr(function, register, DynptrKind.RingBuffer);
                return;
            default:
                RegisterState dynptr = UseDynptr(function, register);
                if (helper.Id == HelperId.DynptrWrite && (dynptr.Marks & RegisterMarks.ReadOnly) != 0)
                    throw Refuse(Rule.ReadOnlyMemory, $"{function}: R{register} is a dynptr that may only be read");
                call.Dynptr = dynptr;
                // What is written to a packet may move it.
                call.ChangesPacket = helper.Id == HelperId.DynptrWrite && (DynptrKind)dynptr.Subject == DynptrKind.Skb;
                return;
        }
    }
}
