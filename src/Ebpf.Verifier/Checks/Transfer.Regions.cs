using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Disabled interrupts and resilient spin locks: regions that are left in the opposite order.</summary>
/// <remarks>process_irq_flag, process_spin_lock in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    private const int OfInterrupts = 0, OfLock = 1;

    private void CheckInterruptFlags(string function, int register)
    {
        bool saves = function is "bpf_local_irq_save" or "bpf_res_spin_lock_irqsave";
        int kind = function is "bpf_local_irq_save" or "bpf_local_irq_restore" ? OfInterrupts : OfLock;
        if (saves)
        {
            RegisterState flags = RegisterState.Pointer(RegisterKind.InterruptFlags, kind);
            flags.Reference = Acquire(ReferenceKind.Interrupts);
            PutObject(function, State[register], register, 1, flags);
            return;
        }

        RegisterState saved = FindObject(function, State[register], register, 1, RegisterKind.InterruptFlags, out FrameState frame, out int top);
        if (saved.Subject != kind)
            throw Refuse(Rule.HelperArgument, $"{function}: the interrupt flags were saved by a function of another kind");
        CheckInnermost(ReferenceKind.Interrupts, saved.Reference, "interrupts are restored");
        State.TryRelease(saved.Reference);
        RemoveObject(frame, top, 1);
    }

    private void CheckInnermost(ReferenceKind kind, int reference, string what)
    {
        for (int i = State.ReferenceCount - 1; i >= 0; i--)
        {
            if (State.References[i].Kind != kind)
                continue;
            if (State.References[i].Id != reference)
                throw Refuse(Rule.Reference, $"{what} out of order: what was entered last is left first");
            return;
        }
    }

    /// <summary>The lock that an argument is: in a map's value or in an allocated object.</summary>
    private void CheckResilientLock(string function, in RegisterState value, int register, ref KernelArguments found)
    {
        int identity = LockAt(function, value, register, SpecialFieldKind.ResilientSpinLock);
        found.Lock = value;
        if (function.StartsWith("bpf_res_spin_lock", StringComparison.Ordinal))
        {
            for (int i = 0; i < State.ReferenceCount; i++)
            {
                if (State.References[i].Kind == ReferenceKind.Lock && State.References[i].Instruction == LockMark(value, identity))
                    throw Refuse(Rule.SpinLock, $"{function}: the lock is held already: it would wait for itself");
            }

            return;
        }

        int last = State.ReferenceCount - 1;
        while (last >= 0 && State.References[last].Kind != ReferenceKind.Lock)
            last--;
        if (last < 0)
            throw Refuse(Rule.SpinLock, $"{function}: no lock is held");
        if (State.References[last].Instruction != LockMark(value, identity))
            throw Refuse(Rule.SpinLock, $"{function}: the lock that is released is not the one that was taken last");
        State.TryRelease(State.References[last].Id);
        if (!State.Holds(ReferenceKind.Lock))
            ForgetNonOwning();
    }

    private void TakeResilientLock(string function, in KernelArguments found)
    {
        int identity = LockAt(function, found.Lock, 1, SpecialFieldKind.ResilientSpinLock);
        if (State.ReferenceCount == MachineState.MaxReferences)
            throw Refuse(Rule.TooComplex, $"more than {MachineState.MaxReferences} references are held at once");
        // What names the lock takes the place of the instruction.
        State.References[State.ReferenceCount++] = new Reference(_paths.NewId(), LockMark(found.Lock, identity), State.Depth, ReferenceKind.Lock);
    }

    // Identities count up from 1, so that both fit and values of global data differ by their map alone.
    private static int LockMark(in RegisterState value, int identity) => identity == OnlyValue ? -2 - value.Subject : identity;

    /// <summary>The way on where a lock could not be had.</summary>
    private int FailToLock()
    {
        // With the lock the interrupts would have been disabled; now they are as before.
        if (_kernelFunctions.At(_code[Slot])!.Name == "bpf_res_spin_lock_irqsave" && State[2] is { Kind: RegisterKind.Stack } flags)
        {
            RegisterState saved = FindObject("bpf_res_spin_lock_irqsave", flags, 2, 1, RegisterKind.InterruptFlags, out FrameState frame, out int top);
            State.TryRelease(saved.Reference);
            RemoveObject(frame, top, 1);
        }

        ClearArguments();
        State[0] = RegisterState.Number(Scalar.Signed(-4095, -1).ZeroExtend32());
        return Slot + 1;
    }

    /// <summary>The identity of the value or object whose lock an argument points to.</summary>
    private int LockAt(string function, in RegisterState value, int register, SpecialFieldKind kind)
    {
        string name = kind == SpecialFieldKind.SpinLock ? "bpf_spin_lock" : "bpf_res_spin_lock";
        bool inObject = value.Kind == RegisterKind.BtfObject && (value.Marks & (RegisterMarks.Allocated | RegisterMarks.Untrusted)) == RegisterMarks.Allocated;
        bool possible = (value.Kind == RegisterKind.MapValue || inObject) && value.Value.IsConstant;
        if (!possible)
            throw Refuse(Rule.HelperArgument, $"{function}: R{register} is {Words.Describe(value)}, but must be a {name} in a map value or an allocated object");
        ReadOnlySpan<SpecialField> fields = inObject ? SpecialFieldsOf((uint)value.Subject) : _maps.SpecialFields(value.Subject);
        string where = inObject ? $"{Objects.NameOf(value.Subject)}" : $"the value of map {_maps[value.Subject].Name}";
        foreach (SpecialField field in fields)
        {
            if (field.Kind != kind)
                continue;
            if (OffsetOf(value) != field.Offset)
                throw Refuse(Rule.SpinLock, $"R{register} points to offset {OffsetOf(value)} of {where}; its lock is at offset {field.Offset}");
            if (value.Id != 0)
                return value.Id;
            // The only value of global data has no identity of its own: its map says it all.
            return inObject ? value.Reference : OnlyValue;
        }

        throw Refuse(Rule.SpinLock, $"{where} has no struct {name}");
    }
}
