using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Open-coded iterators: made, asked for elements until there are none, and destroyed, by the program's own loop.</summary>
/// <remarks>process_iter_arg, process_iter_next_call in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    private Dictionary<string, int>? _iteratorTypes;

    private void CheckIterator(KernelCall call, in KernelArgument argument, int register, ref KernelArguments found)
    {
        int slots = argument.Size / 8;
        if (slots == 0)
            throw Refuse(Rule.KernelFunction, $"{call.Name} takes an iterator of unknown size");
        _iteratorTypes ??= new Dictionary<string, int>(StringComparer.Ordinal);
        if (!_iteratorTypes.TryGetValue(argument.Structure, out int type))
            _iteratorTypes.Add(argument.Structure, type = _iteratorTypes.Count + 1);
        if (call.Function.Has(KernelFunctionFlags.IterNew))
        {
            bool inTracing = _program.Type is ProgramType.Lsm || _program is { Type: ProgramType.Tracing, AttachType: AttachType.TraceIter };
            if (call.Name == "bpf_iter_css_task_new" && !inTracing && !MaySleep)
                throw Refuse(Rule.KernelFunction, $"{call.Name} may only be called by security hooks, iterators and programs that may sleep");
            RegisterState iterator = RegisterState.Pointer(RegisterKind.Iterator, type);
            iterator.Reference = Acquire();
            if (call.Function.Has(KernelFunctionFlags.RcuProtected))
                iterator.Marks = IsInCriticalSection ? RegisterMarks.Rcu : RegisterMarks.Untrusted;
            PutObject(call.Name, State[register], register, slots, iterator);
            return;
        }

        ref RegisterState there = ref FindObject(call.Name, State[register], register, slots, RegisterKind.Iterator, out FrameState frame, out int top);
        if (there.Subject != type)
            throw Refuse(Rule.HelperArgument, $"{call.Name}: R{register} points to an iterator of another type than struct {argument.Structure}");
        if ((there.Marks & RegisterMarks.Untrusted) != 0)
            throw Refuse(Rule.KernelFunction, $"{call.Name} is called outside of the RCU read-side critical section in which its iterator was made", "call bpf_rcu_read_lock() before");
        (found.IteratorFrame, found.IteratorTop, found.IteratorSlots) = (frame, top, slots);
        if (!call.Function.Has(KernelFunctionFlags.IterDestroy))
            return;
        if (!State.TryRelease(there.Reference))
            throw Refuse(Rule.Reference, "the iterator was destroyed before");
        RemoveObject(frame, top, slots);
    }

    /// <summary>The way out first, without an element: what it needs to know is then known when the loop goes round.</summary>
    private int StepIterator(KernelCall call, in KernelArguments found)
    {
        ref RegisterState iterator = ref found.IteratorFrame!.Stack[found.IteratorTop].Spill;
        if ((iterator.Marks & RegisterMarks.Drained) == 0)
            _paths.Fork(Slot, Edge.IteratorYields);
        for (int i = 0; i < found.IteratorSlots; i++)
            found.IteratorFrame.Stack[found.IteratorTop - i].Spill.Marks |= RegisterMarks.Drained;
        ClearArguments();
        State[0] = RegisterState.Constant(0);
        return Slot + 1;
    }

    /// <summary>The iterator gives an element.</summary>
    private int YieldElement()
    {
        KernelCall call = _kernelFunctions.At(_code[Slot])!;
        KernelArguments found = default;
        for (int i = 0; i < call.Signature.Arguments.Length; i++)
            CheckKernelArgument(call, i, ref found);
        for (int i = 0; i < found.IteratorSlots; i++)
            found.IteratorFrame!.Stack[found.IteratorTop - i].Spill.Size++;
        _paths.Generalise(Slot, isThere: true);
        bool isRcu = (found.IteratorFrame!.Stack[found.IteratorTop].Spill.Marks & RegisterMarks.Rcu) != 0;
        RegisterState element = KernelResult(call, found);
        element.Marks &= ~RegisterMarks.MaybeNull;
        element.Id = 0;
        if (isRcu && element.Kind == RegisterKind.BtfObject)
            element.Marks = (element.Marks & ~RegisterMarks.Trusted) | RegisterMarks.Rcu;
        ClearArguments();
        State[0] = element;
        return Slot + 1;
    }
}
