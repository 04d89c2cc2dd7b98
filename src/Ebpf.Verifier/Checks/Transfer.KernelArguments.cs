using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Arguments of kernel functions.</summary>
/// <remarks>check_kfunc_args in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    private void CheckKernelArgument(KernelCall call, int index, ref KernelArguments found)
    {
        KernelArgument argument = call.Signature.Arguments[index];
        int register = index + 1;
        if (argument.Kind == KernelArgumentKind.Ignored)
            return;
        ref RegisterState value = ref State[register];
        if (value.Kind == RegisterKind.Uninitialised)
            throw Unreadable(register);
        switch (argument.Kind)
        {
            case KernelArgumentKind.Number or KernelArgumentKind.MemorySize:
                Demand(call, value, register, value.IsScalar, "a number");
                return;
            case KernelArgumentKind.Constant or KernelArgumentKind.ConstantMemorySize or KernelArgumentKind.BufferSize or KernelArgumentKind.ReadOnlyBufferSize:
                Demand(call, value, register, value.IsConstant && value.Value.Value <= uint.MaxValue, "a known number");
                _paths.Need(value.Sources);
                if (argument.Kind is KernelArgumentKind.Constant or KernelArgumentKind.ConstantMemorySize)
                    found.Constant = (long)value.Value.Value;
                else
                    (found.BufferSize, found.IsReadOnlyBuffer) = ((int)Math.Min(value.Value.Value, int.MaxValue), argument.Kind == KernelArgumentKind.ReadOnlyBufferSize);
                return;
        }

        // A context of no type, as some functions take it.
        bool isContext = argument.Kind == KernelArgumentKind.Context || call.Name is "bpf_cast_to_kern_ctx" or "bpf_session_is_return" or "bpf_session_cookie";
        if (isContext)
        {
            Demand(call, value, register, value.Kind == RegisterKind.Context && IsUnmoved(value), "the context");
            return;
        }

        bool hasSize = index + 1 < call.Signature.Arguments.Length && call.Signature.Arguments[index + 1].Kind is KernelArgumentKind.MemorySize or KernelArgumentKind.ConstantMemorySize;
        if (value.IsZero || value.MaybeNull)
        {
            if (!argument.IsNullable)
                throw Refuse(Rule.NullDereference, $"{call.Name}: R{register} is {Words.Describe(value)}, but must not be null", "check the pointer for NULL before the call");
            _paths.Need(value.Sources);
            if (value.IsZero && !hasSize)
                return;
        }

        if (call.Function.Has(KernelFunctionFlags.Release) && IsReleased(call, argument, index))
            CheckKernelRelease(call, argument, value, register, ref found);
        CheckKernelPointer(call, argument, index, hasSize, ref found);
    }

    /// <summary>The first pointer argument of a function that takes a reference back.</summary>
    private static bool IsReleased(KernelCall call, in KernelArgument argument, int index) =>
        index == 0 && argument.Kind is KernelArgumentKind.Structure or KernelArgumentKind.Allocated or KernelArgumentKind.Memory;

    private void CheckKernelRelease(KernelCall call, in KernelArgument argument, in RegisterState value, int register, ref KernelArguments found)
    {
        if (value.Reference == 0 || !State.HasReference(value.Reference))
            throw Refuse(Rule.Reference, $"{call.Name}: R{register} is {Words.Describe(value)}, but not a reference that this program holds");
        if (!IsUnmoved(value) && argument.Kind != KernelArgumentKind.Allocated)
            throw Refuse(Rule.Reference, $"{call.Name}: R{register} is {Words.Describe(value)}; a reference is given back by the pointer that was acquired");
        found.Released = value.Reference;
    }

    private void CheckKernelPointer(KernelCall call, in KernelArgument argument, int index, bool hasSize, ref KernelArguments found)
    {
        int register = index + 1;
        ref RegisterState value = ref State[register];
        switch (argument.Kind)
        {
            case KernelArgumentKind.Map:
                // Iterators over maps hand out the kernel's own pointer to one.
                bool isKernelMap = value.Kind == RegisterKind.BtfObject && IsTrustedEnough(call, value) && _kernel!.Begins(value.Subject, "bpf_map");
                Demand(call, value, register, value.Kind == RegisterKind.Map || isKernelMap, "a map");
                if (isKernelMap)
                    return;
                if (found.FieldMap != 0 && (found.FieldMap - 1 != value.Subject || found.FieldMapIdentity != value.MapIdentity))
                    throw Refuse(Rule.HelperArgument, $"{call.Name}: R{register} is another map than the one whose value R1 points into");
                found.Map = value.Subject;
                return;
            case KernelArgumentKind.Field:
                CheckKernelField(call, argument, value, register, ref found);
                return;
            case KernelArgumentKind.Callback:
                Demand(call, value, register, value.Kind == RegisterKind.Function, "a function of the program");
                found.Callback = value.Subject;
                return;
            case KernelArgumentKind.ConstString:
                CheckConstString(call.Name, value, register);
                return;
            case KernelArgumentKind.Dynptr:
                CheckKernelDynptr(call, argument, register, ref found);
                return;
            case KernelArgumentKind.Iterator:
                CheckIterator(call, argument, register, ref found);
                return;
            case KernelArgumentKind.InterruptFlags:
                CheckInterruptFlags(call.Name, register);
                return;
            case KernelArgumentKind.Lock:
                CheckResilientLock(call.Name, value, register, ref found);
                return;
            case KernelArgumentKind.Allocated:
                bool isPerCpu = call.Name.StartsWith("bpf_percpu", StringComparison.Ordinal);
                bool isAllocated = value.Kind == RegisterKind.BtfObject && (value.Marks & (RegisterMarks.Allocated | RegisterMarks.NonOwning | RegisterMarks.Untrusted)) == RegisterMarks.Allocated
                    && ((value.Marks & RegisterMarks.PerCpu) != 0) == isPerCpu && value.Reference != 0;
                Demand(call, value, register, isAllocated, isPerCpu ? "a per-CPU object that the program allocated and holds" : "an object that the program allocated and holds");
                found.ObjectType = value.Subject;
                return;
            case KernelArgumentKind.Refcounted:
                Demand(call, value, register, value.Kind == RegisterKind.BtfObject && (value.Marks & RegisterMarks.Allocated) != 0 && IsUnmoved(value) && IsRefcounted((uint)value.Subject), "an allocated object with a bpf_refcount");
                found.ObjectType = value.Subject;
                found.IsOwning = value.Reference != 0;
                return;
            case KernelArgumentKind.ListHead or KernelArgumentKind.TreeRoot:
                CheckGraphRoot(call, argument.Kind, value, register, ref found);
                return;
            case KernelArgumentKind.ListNode or KernelArgumentKind.TreeNode:
                CheckGraphNode(call, argument, value, register, ref found);
                return;
            case KernelArgumentKind.Structure when value.Kind == RegisterKind.BtfObject || value.IsSocket || value.Kind is RegisterKind.Map:
                CheckKernelStructure(call, argument, value, register);
                return;
            case KernelArgumentKind.Memory when value.Kind == RegisterKind.BtfObject:
                // What is handed over as an object of no type, and only kept or given back.
                Demand(call, value, register, argument.IsVoid && IsTrustedEnough(call, value), "memory");
                return;
            default:
                CheckKernelMemory(call, argument, value, register, hasSize);
                return;
        }
    }

    private void Demand(KernelCall call, in RegisterState value, int register, bool holds, string what)
    {
        if (!holds)
            throw Refuse(Rule.HelperArgument, $"{call.Name}: R{register} is {Words.Describe(value)}, but must be {what}");
    }

    /// <summary>Whether the object is sure to be there while the function works on it.</summary>
    /// <remarks>is_trusted_reg, is_rcu_reg in the kernel's verifier.</remarks>
    private static bool IsTrustedEnough(KernelCall call, in RegisterState value)
    {
        if (value.IsSocket || value.Kind == RegisterKind.Map || value.Reference != 0)
            return true;
        if ((value.Marks & (RegisterMarks.Untrusted | RegisterMarks.User | RegisterMarks.PerCpu)) != 0)
            return false;
        return (value.Marks & RegisterMarks.Trusted) != 0 || ((value.Marks & RegisterMarks.Rcu) != 0 && call.Function.Has(KernelFunctionFlags.Rcu));
    }

    private void CheckKernelStructure(KernelCall call, in KernelArgument argument, in RegisterState value, int register)
    {
        string what = $"a struct {argument.Structure} of the kernel that is sure to be there";
        if (!IsTrustedEnough(call, value))
        {
            throw Refuse(
                Rule.HelperArgument,
                $"{call.Name}: R{register} is {Words.Describe(value)}, but must be {what}",
                "take a reference first (bpf_task_acquire() and the like), or use the argument of the program itself");
        }

        string name = Prototypes.KernelFunctions.WithoutFlavor(argument.Structure);
        bool matches = value.Kind switch
        {
            RegisterKind.Map => name == "bpf_map",
            RegisterKind.Socket or RegisterKind.SocketCommon => IsUnmoved(value) && name is "sock" or "sock_common",
            RegisterKind.TcpSocket => IsUnmoved(value) && name is "tcp_sock" or "sock" or "sock_common",
            RegisterKind.XdpSocket => IsUnmoved(value) && name == "xdp_sock",
            _ when (value.Marks & RegisterMarks.Allocated) != 0 => Objects.Holds(value.Subject, OffsetOf(value), name),
            _ => value.Value.IsConstant && (_kernel!.Holds(value.Subject, OffsetOf(value), name) || (name == "__sk_buff" && _kernel.Begins(value.Subject, "sk_buff")) || (name == "xdp_md" && _kernel.Begins(value.Subject, "xdp_buff"))),
        };
        Demand(call, value, register, matches, what);
    }

    private static long OffsetOf(in RegisterState pointer) => pointer.Offset + (long)pointer.Value.Value;

    private void CheckKernelMemory(KernelCall call, in KernelArgument argument, in RegisterState value, int register, bool hasSize)
    {
        bool possible = argument.IsPlain || (argument.IsVoid && hasSize);
        if (!possible)
            Demand(call, value, register, false, argument.Structure.Length > 0 ? $"a struct {argument.Structure} of the kernel" : "a kernel object");
        long size = argument.Size;
        if (hasSize)
        {
            RegisterState bytes = State[register + 1];
            Demand(call, bytes, register + 1, bytes.IsScalar, "a size");
            _paths.Need(bytes.Sources);
            if (bytes.Value.SMin < 0 || bytes.Value.UMax >= MaxOffset)
                throw Refuse(Rule.HelperArgument, $"{call.Name}: the size in R{register + 1} has no useful bounds ({Words.Range(bytes.Value)})", "check it against the buffer's size first");
            size = (long)bytes.Value.UMax;
        }

        if (value.IsZero || value.MaybeNull)
            return;
        CallArguments none = default;
        RegisterState memory = value;
        CheckMemory(call.Name, takesPacket: true, memory, register, size, writes: (value.Marks & RegisterMarks.ReadOnly) == 0 && !IsReadOnlyArgument(call), isUninitialised: false, ref none);
        if (memory.Kind == RegisterKind.Stack)
            WriteStackRange(memory, register, size);
    }

    /// <summary>Functions whose memory is only read: constants may be handed to them.</summary>
    private static bool IsReadOnlyArgument(KernelCall call) =>
        call.Name.StartsWith("bpf_str", StringComparison.Ordinal) || call.Name is "bpf_dynptr_slice" or "bpf_iter_bits_new" or "bpf_cpumask_populate" or "bpf_sock_addr_set_sun_path";

    /// <summary>A work queue, timer or task work in a map's value.</summary>
    private void CheckKernelField(KernelCall call, in KernelArgument argument, in RegisterState value, int register, ref KernelArguments found)
    {
        SpecialFieldKind kind = argument.Structure switch
        {
            "bpf_wq" => SpecialFieldKind.WorkQueue,
            "bpf_timer" => SpecialFieldKind.Timer,
            _ => SpecialFieldKind.TaskWork,
        };
        Demand(call, value, register, value.Kind == RegisterKind.MapValue && value.Value.IsConstant, $"a {argument.Structure} in a map value");
        bool isThere = _maps.TryFind(value.Subject, kind, out SpecialField field) && OffsetOf(value) == field.Offset;
        Demand(call, value, register, isThere, $"the struct {argument.Structure} in a value of map {_maps[value.Subject].Name}");
        found.FieldMap = value.Subject + 1;
        found.FieldMapIdentity = value.MapIdentity;
        found.Map = value.Subject;
        found.MapIdentity = value.MapIdentity;
    }

    private void CheckKernelDynptr(KernelCall call, in KernelArgument argument, int register, ref KernelArguments found)
    {
        if (call.Name == "bpf_dynptr_file_discard")
        {
            found.ReleasedDynptr = register;
            return;
        }

        if (!argument.IsUninitialised)
        {
            RegisterState dynptr = UseDynptr(call.Name, register);
            found.Dynptr = dynptr;
            bool writes = call.Name is "bpf_dynptr_slice_rdwr" or "bpf_dynptr_memset" || (call.Name == "bpf_dynptr_copy" && register == 1);
            if (writes && (dynptr.Marks & RegisterMarks.ReadOnly) != 0)
                throw Refuse(Rule.ReadOnlyMemory, $"{call.Name}: R{register} is a dynptr that may only be read");
            return;
        }

        switch (call.Name)
        {
            case "bpf_dynptr_from_skb":
                MakeDynptr(call.Name, register, DynptrKind.Skb, isReadOnly: !PacketRules.MayWrite(_program.Type) || !PacketRules.HasPacket(_program.Type), 0);
                return;
            case "bpf_dynptr_from_xdp":
                MakeDynptr(call.Name, register, DynptrKind.Xdp, isReadOnly: false, 0);
                return;
            case "bpf_dynptr_from_skb_meta":
                MakeDynptr(call.Name, register, DynptrKind.SkbMeta, isReadOnly: !PacketRules.MayWrite(_program.Type), 0);
                return;
            case "bpf_dynptr_from_file":
                MakeDynptr(call.Name, register, DynptrKind.File, isReadOnly: true, Acquire());
                return;
            case "bpf_dynptr_clone":
                MakeDynptr(call.Name, register, (DynptrKind)found.Dynptr.Subject, (found.Dynptr.Marks & RegisterMarks.ReadOnly) != 0, found.Dynptr.Reference);
                return;
            default:
                throw Refuse(Rule.UnsupportedFeature, $"{call.Name} makes a dynptr of a kind that is not known");
        }
    }
}
