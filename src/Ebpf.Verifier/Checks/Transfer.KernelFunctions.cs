using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Calls of kernel functions.</summary>
/// <remarks>check_kfunc_call in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    private int CallKernelFunction(in Instruction instruction)
    {
        KernelCall call = _kernelFunctions.At(instruction) ?? throw _kernelFunctions.WhyNot(instruction, Slot);
        KernelFunction function = call.Function;
        if (function.Name == "__bpf_trap")
            throw Refuse(Rule.InvalidControlFlow, "the compiler put a trap here: what the program does on this path is undefined", "initialise the variables that are read on this path");
        if (function.Has(KernelFunctionFlags.Sleepable) && !MaySleepHere)
            throw Refuse(Rule.KernelFunction, $"{function.Name} may sleep; here the program may not", "use a sleepable section, outside of RCU read-side critical sections and locks");
        CheckAllowedUnderLock(function);
        KernelArguments found = default;
        found.Map = -1;
        for (int i = 0; i < call.Signature.Arguments.Length; i++)
            CheckKernelArgument(call, i, ref found);
        if (function.Has(KernelFunctionFlags.RcuProtected) && !IsInCriticalSection)
            throw Refuse(Rule.KernelFunction, $"{function.Name} is called outside of an RCU read-side critical section", "call bpf_rcu_read_lock() before");
        EnterRegion(function.Name);
        if (call.CallsBack || call.CallsBackLater)
        {
            _facts.MarkCallback(found.Callback);
            _paths.Fork(Slot, Edge.EnterCallback);
        }

        if (function.Name is "bpf_res_spin_lock" or "bpf_res_spin_lock_irqsave")
        {
            // It may fail, and then nothing is held. The fork takes the state as it is now.
            _paths.Fork(Slot, Edge.LockFails);
            TakeResilientLock(function.Name, found);
        }

        if (function.Name == "bpf_throw")
            return Throw();
        if (found.Released != 0)
            Release(found.Released);
        if (found.ReleasedDynptr != 0)
            ReleaseDynptr(function.Name, found.ReleasedDynptr, DynptrKind.File);
        if (found.Given != 0)
            GiveAway(found.Given);
        if (function.Has(KernelFunctionFlags.IterNext))
            return StepIterator(call, found);

        RegisterState result = KernelResult(call, found);
        if (function.Name == "bpf_xdp_pull_data")
            InvalidatePacketPointers();
        ClearArguments();
        State[0] = result;
        return Slot + 1;
    }

    // Marks a copy of a reference that is held, until it gets one of its own.
    private const int OwningCopy = -3;

    private void ClearArguments()
    {
        for (int i = 1; i <= 5; i++)
            State[i] = default;
    }

    /// <summary>While a spin lock is held, only what works on what it protects.</summary>
    private void CheckAllowedUnderLock(KernelFunction function)
    {
        if (State.LockId == 0)
            return;
        bool allowed = function.Name.StartsWith("bpf_list_", StringComparison.Ordinal) || function.Name.StartsWith("bpf_rbtree_", StringComparison.Ordinal)
            || function.Name.StartsWith("bpf_iter_num_", StringComparison.Ordinal) || function.Name.StartsWith("bpf_res_spin_", StringComparison.Ordinal)
            || function.Name.StartsWith("bpf_refcount_acquire", StringComparison.Ordinal) || function.Name.StartsWith("bpf_arena_", StringComparison.Ordinal) || function.Name.StartsWith("bpf_stream_", StringComparison.Ordinal);
        if (!allowed)
            throw Refuse(Rule.SpinLock, $"{function.Name} is called while a spin lock is held", "call bpf_spin_unlock() first");
    }

    /// <summary>Regions that some functions begin and end.</summary>
    private void EnterRegion(string function)
    {
        switch (function)
        {
            case "bpf_rcu_read_lock":
                if (InTreeCallback)
                    throw Refuse(Rule.KernelFunction, $"{function} is called in a callback of bpf_rbtree_add(), which is under a lock already");
                State.ReadLocks++;
                return;
            case "bpf_rcu_read_unlock":
                if (State.ReadLocks == 0)
                    throw Refuse(Rule.KernelFunction, $"{function} is called, but no RCU read-side critical section is open here");
                if (--State.ReadLocks == 0)
                    ForgetRcu();
                return;
            case "bpf_preempt_disable":
                State.PreemptionLocks++;
                return;
            case "bpf_preempt_enable":
                if (State.PreemptionLocks == 0)
                    throw Refuse(Rule.KernelFunction, $"{function} is called, but preemption was not disabled here");
                State.PreemptionLocks--;
                return;
        }
    }

    private bool InTreeCallback => State.Frame.Role == FrameRole.Callback && State.Depth > 0 && _kernelFunctions.At(_code[State.Frame.CallSite]) is { CallsBack: true };

    private RegisterState KernelResult(KernelCall call, in KernelArguments found)
    {
        KernelFunction function = call.Function;
        RegisterState result;
        switch (call.Signature.Result)
        {
            case KernelResultKind.Void:
                // What a program declares to return something may return it; the kernel's says that it does not.
                return SpecialResult(call, found) ?? default;
            case KernelResultKind.Number:
                if (SpecialResult(call, found) is { } special)
                {
                    result = special;
                    break;
                }

                if (function.Name is "bpf_res_spin_lock" or "bpf_res_spin_lock_irqsave")
                    return RegisterState.Constant(0);
                return RegisterState.Unknown;
            case KernelResultKind.Memory:
                if (SpecialResult(call, found) is { } slice)
                {
                    result = slice;
                    break;
                }

                result = RegisterState.Pointer(RegisterKind.Memory, marks: found.BufferSize == 0 || found.IsReadOnlyBuffer ? RegisterMarks.ReadOnly : RegisterMarks.None);
                result.Size = found.BufferSize != 0 ? found.BufferSize : call.Signature.ResultSize;
                if (function.Name == "bpf_session_cookie")
                    result.Marks = RegisterMarks.None;
                break;
            default:
                if (SpecialResult(call, found) is { } known)
                {
                    result = known;
                    break;
                }

                result = KernelObject(call.Signature.ResultType, $"the result of {function.Name}");
                result.Marks |= function.Name == "bpf_get_kmem_cache" ? RegisterMarks.Untrusted : function.Has(KernelFunctionFlags.RcuProtected) ? RegisterMarks.Rcu : RegisterMarks.Trusted;
                break;
        }

        return Acquired(function, result);
    }

    private RegisterState Acquired(KernelFunction function, RegisterState result)
    {
        if (!result.IsPointer)
            return result;
        if (function.Name.StartsWith("bpf_refcount_acquire", StringComparison.Ordinal) && result.Id == OwningCopy)
        {
            result.Reference = result.Id = Acquire();
            return result;
        }

        if (function.Has(KernelFunctionFlags.RetNull))
        {
            result.Marks |= RegisterMarks.MaybeNull;
            result.Id = _paths.NewId();
        }

        if (function.Has(KernelFunctionFlags.Acquire))
            result.Reference = result.Id = Acquire();
        return result;
    }

    /// <summary>What functions give whose result the declaration does not say; null for all others.</summary>
    private RegisterState? SpecialResult(KernelCall call, in KernelArguments found)
    {
        switch (call.Name)
        {
            case "bpf_obj_new" or "bpf_obj_new_impl" or "bpf_percpu_obj_new" or "bpf_percpu_obj_new_impl":
                return NewObject(found.Constant, call.Name.StartsWith("bpf_percpu", StringComparison.Ordinal));
            case "bpf_refcount_acquire" or "bpf_refcount_acquire_impl":
                RegisterState copy = RegisterState.Pointer(RegisterKind.BtfObject, found.ObjectType, RegisterMarks.Allocated);
                // Of a reference that the program holds another is sure to be had.
                copy.Id = found.IsOwning ? OwningCopy : 0;
                return copy;
            case "bpf_list_pop_front" or "bpf_list_pop_back" or "bpf_list_del" or "bpf_rbtree_remove" or "bpf_list_front" or "bpf_list_back" or "bpf_rbtree_first" or "bpf_rbtree_root" or "bpf_rbtree_left" or "bpf_rbtree_right":
                return GraphResult(call, found);
            case "bpf_cast_to_kern_ctx":
                RegisterState context = KernelObject(ProgramRules.KernelContext(_program.Type), $"the result of {call.Name}");
                context.Marks = RegisterMarks.Trusted;
                return context;
            case "bpf_rdonly_cast":
                return Cast(found.Constant);
            case "bpf_dynptr_slice" or "bpf_dynptr_slice_rdwr":
                bool writes = call.Name == "bpf_dynptr_slice_rdwr";
                if (writes && !PacketRules.MayWrite(_program.Type))
                    throw Refuse(Rule.ReadOnlyMemory, $"programs of type {_program.Type.Text()} may not write packet data directly");
                return SliceOf(found.Dynptr, (int)found.Constant, !writes);
            default:
                return null;
        }
    }

    private RegisterState Cast(long type)
    {
        if (_kernel is null || type < 0 || !_kernel.Types.Contains((uint)type))
            throw Refuse(Rule.KernelFunction, $"bpf_rdonly_cast: there is no kernel type {type}");
        BtfKindOf(type, out bool isStructure, out bool isVoid);
        if (isVoid)
        {
            // Memory of no size: every load may fault, and then gives zero.
            RegisterState memory = RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.ReadOnly | RegisterMarks.Untrusted);
            memory.Size = 0;
            return memory;
        }

        if (!isStructure)
            throw Refuse(Rule.KernelFunction, $"bpf_rdonly_cast: type {type} is no structure");
        return RegisterState.Pointer(RegisterKind.BtfObject, (int)type, RegisterMarks.Untrusted);
    }

    private void BtfKindOf(long type, out bool isStructure, out bool isVoid)
    {
        Bytecode.Btf.BtfType found = _kernel!.Types[(uint)type];
        isStructure = found.IsComposite;
        isVoid = found.Kind == Bytecode.Btf.BtfKind.Void;
    }

    /// <summary>The exception leaves the whole program, whatever is called how deep.</summary>
    private int Throw()
    {
        CheckNothingHeld("an exception");
        if (_exceptionCallback is null)
        {
            State[0] = State[1];
            // The default handler returns what was thrown.
            if (_returns is { } range)
                CheckReturned(range, "an exception without handler");
        }

        return PathEnds;
    }

    /// <summary>What the arguments of a call said.</summary>
    private struct KernelArguments
    {
        public int Map;
        public int MapIdentity;
        public int Callback;
        public int Released;
        public int ReleasedDynptr;
        public int Given;
        public int ObjectType;
        public bool IsOwning;
        public long Constant;
        public int BufferSize;
        public bool IsReadOnlyBuffer;
        public RegisterState Dynptr;
        public SpecialField Graph;
        public RegisterState Lock;
        public FrameState? IteratorFrame;
        public int IteratorTop;
        public int IteratorSlots;
        public int FieldMap;
        public int FieldMapIdentity;
    }
}
