using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Objects that the program allocates, and the lists and trees that own them.</summary>
/// <remarks>process_kf_arg_ptr_to_graph_root, ref_convert_owning_non_owning in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    // BPF_GLOBAL_PERCPU_MA_MAX_SIZE
    private const int MaxPerCpuObject = 512;

    private RegisterState NewObject(long type, bool isPerCpu)
    {
        BtfView types = Objects.Types;
        bool isStructure = type > 0 && types.Contains((uint)type) && types[(uint)type].Kind == BtfKind.Struct;
        if (!isStructure)
            throw Refuse(Rule.HelperArgument, $"R1: type {type} of the object is no structure that could be allocated");
        if (isPerCpu && (types.SizeOf((uint)type) > MaxPerCpuObject || SpecialFieldsOf((uint)type).Length > 0))
            throw Refuse(Rule.HelperArgument, $"{Objects.NameOf((int)type)} cannot be allocated per CPU: it is larger than {MaxPerCpuObject} bytes, or has fields that belong to helpers");
        RegisterState created = RegisterState.Pointer(RegisterKind.BtfObject, (int)type, RegisterMarks.Allocated);
        if (isPerCpu)
            created.Marks |= RegisterMarks.PerCpu;
        return created;
    }

    private void CheckGraphRoot(KernelCall call, KernelArgumentKind kind, in RegisterState value, int register, ref KernelArguments found)
    {
        SpecialFieldKind wanted = kind == KernelArgumentKind.ListHead ? SpecialFieldKind.ListHead : SpecialFieldKind.TreeRoot;
        string name = wanted == SpecialFieldKind.ListHead ? "bpf_list_head" : "bpf_rb_root";
        bool inObject = value.Kind == RegisterKind.BtfObject && (value.Marks & (RegisterMarks.Allocated | RegisterMarks.NonOwning)) == RegisterMarks.Allocated && value.Reference != 0;
        Demand(call, value, register, (value.Kind == RegisterKind.MapValue || inObject) && value.Value.IsConstant, $"a {name} in a map value or an object that the program holds");
        ReadOnlySpan<SpecialField> fields = inObject ? SpecialFieldsOf((uint)value.Subject) : _maps.SpecialFields(value.Subject);
        foreach (SpecialField field in fields)
        {
            if (field.Kind != wanted || field.Offset != OffsetOf(value))
                continue;
            if (field.Target == 0)
                throw Refuse(Rule.HelperArgument, $"{call.Name}: what the {name} holds is not known", "declare it with __contains(type, field)");
            CheckLocked(call, value, inObject);
            found.Graph = field;
            return;
        }

        Demand(call, value, register, false, $"a {name}, at its offset");
    }

    /// <summary>The lock that lies beside the root must be held.</summary>
    private void CheckLocked(KernelCall call, in RegisterState value, bool inObject)
    {
        int identity = value.Id != 0 ? value.Id : inObject ? value.Reference : OnlyValue;
        bool held = State.LockId == identity && State.LockMap == (inObject ? -1 : value.Subject);
        for (int i = 0; i < State.ReferenceCount && !held; i++)
            held = State.References[i].Kind == ReferenceKind.Lock && State.References[i].Instruction == LockMark(value, identity);
        if (!held)
            throw Refuse(Rule.SpinLock, $"{call.Name} is called without the lock that lies beside the list or tree", "call bpf_spin_lock() of the same value first");
    }

    private void CheckGraphNode(KernelCall call, in KernelArgument argument, in RegisterState value, int register, ref KernelArguments found)
    {
        bool adds = call.Name.Contains("_push_", StringComparison.Ordinal) || call.Name.StartsWith("bpf_rbtree_add", StringComparison.Ordinal) || call.Name is "bpf_list_add" && register == 2;
        bool isObject = value.Kind == RegisterKind.BtfObject && (value.Marks & (RegisterMarks.Allocated | RegisterMarks.Untrusted)) == RegisterMarks.Allocated && value.Value.IsConstant;
        bool isOwned = isObject && (value.Marks & RegisterMarks.NonOwning) == 0 && value.Reference != 0;
        if (adds)
        {
            Demand(call, value, register, isOwned, "an object that the program allocated and holds");
            found.Given = value.Reference;
        }
        else
        {
            bool isNonOwning = isObject && (value.Marks & RegisterMarks.NonOwning) != 0;
            Demand(call, value, register, isOwned || isNonOwning, "an object that the list or tree owns");
            if (InTreeCallback)
                throw Refuse(Rule.KernelFunction, $"{call.Name} is called in a callback of bpf_rbtree_add()");
        }

        if (found.Graph.Target == 0)
            return;
        string node = found.Graph.Tag!;
        bool matches = value.Subject == found.Graph.Target && OffsetOf(value) == NodeOffset((uint)found.Graph.Target, node);
        Demand(call, value, register, matches, $"the {node} of a {Objects.NameOf(found.Graph.Target)}, which the list or tree holds");
    }

    private long NodeOffset(uint type, string member)
    {
        foreach (BtfMember candidate in Objects.Types[type].Members)
        {
            if (candidate.Name == member)
                return candidate.BitOffset / 8;
        }

        return -1;
    }

    /// <summary>The list or tree owns the object now: the program's pointers to it are good until the lock is given back.</summary>
    private void GiveAway(int reference)
    {
        if (!State.TryRelease(reference))
            throw Refuse(Rule.Reference, "the reference was released before");
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if (value.Reference != reference)
                continue;
            value.Reference = 0;
            value.Marks |= RegisterMarks.NonOwning;
            if (IsRefcounted((uint)value.Subject))
                value.Marks |= RegisterMarks.Rcu;
        }
    }

    private RegisterState GraphResult(KernelCall call, in KernelArguments found)
    {
        if (found.Graph.Target == 0)
            return GraphNeighbour(call);
        RegisterState node = RegisterState.Pointer(RegisterKind.BtfObject, found.Graph.Target, RegisterMarks.Allocated);
        node.Offset = (int)Math.Max(NodeOffset((uint)found.Graph.Target, found.Graph.Tag!), 0);
        bool takesOut = call.Function.Has(KernelFunctionFlags.Acquire);
        if (takesOut)
        {
            // Other pointers to what is taken out could outlive it.
            ForgetNonOwning();
            return node;
        }

        node.Marks |= RegisterMarks.NonOwning;
        if (IsRefcounted((uint)found.Graph.Target))
            node.Marks |= RegisterMarks.Rcu;
        return node;
    }

    /// <summary>From a node to another: of the same type.</summary>
    private RegisterState GraphNeighbour(KernelCall call)
    {
        // The node is the argument after the root, or the only one.
        RegisterState from = State[call.Signature.Arguments.Length > 1 ? 2 : 1];
        RegisterState node = RegisterState.Pointer(RegisterKind.BtfObject, from.Subject, RegisterMarks.Allocated | RegisterMarks.NonOwning | (from.Marks & RegisterMarks.Rcu));
        node.Offset = from.Offset;
        return node;
    }

    /// <summary>A field of a map's value, or of an allocated object, that holds a pointer to an object.</summary>
    private void CheckKernelPointerField(HelperPrototype helper, in RegisterState value, int register, ref CallArguments call)
    {
        bool inObject = value.Kind == RegisterKind.BtfObject && (value.Marks & (RegisterMarks.Allocated | RegisterMarks.Untrusted)) == RegisterMarks.Allocated;
        Expect(helper, value, register, (value.Kind == RegisterKind.MapValue || inObject) && value.Value.IsConstant, "the address of a kernel pointer in a map value or an allocated object");
        ReadOnlySpan<SpecialField> fields = inObject ? SpecialFieldsOf((uint)value.Subject) : _maps.SpecialFields(value.Subject);
        foreach (SpecialField field in fields)
        {
            if (field.Kind == SpecialFieldKind.KernelPointer && field.Offset == OffsetOf(value) && field.Tag is "kptr" or "percpu_kptr")
            {
                call.Kptr = field;
                return;
            }
        }

        Expect(helper, value, register, false, "a field that is declared __kptr, at its offset");
    }

    /// <summary>What a kernel pointer of a field points to, when it is taken out or read.</summary>
    private RegisterState KernelPointerTo(in SpecialField field, RegisterMarks marks)
    {
        BtfView types = MapTypes;
        BtfType target = types[(uint)field.Target];
        string name = target.Name;
        bool isLocal = field.Tag == "percpu_kptr" || (target.Kind == BtfKind.Struct && (_kernel is null || _kernel.Find(Prototypes.KernelFunctions.WithoutFlavor(name)) == 0));
        RegisterState pointer;
        if (isLocal)
        {
            pointer = RegisterState.Pointer(RegisterKind.BtfObject, field.Target, (marks & ~RegisterMarks.Trusted) | RegisterMarks.Allocated);
            if (field.Tag == "percpu_kptr")
                pointer.Marks |= RegisterMarks.PerCpu;
        }
        else
        {
            pointer = KernelObject(Prototypes.KernelFunctions.WithoutFlavor(name), "a kernel pointer in a map");
            pointer.Marks = marks;
        }

        pointer.Marks |= RegisterMarks.MaybeNull;
        pointer.Id = _paths.NewId();
        return pointer;
    }

    private BtfView MapTypes => _program.Types ?? throw Refuse(Rule.UnsupportedFeature, "the object's types are not known");

    /// <summary>Whether a pointer may be put into a field.</summary>
    private void CheckKernelPointerValue(HelperPrototype helper, in SpecialField field, in RegisterState value)
    {
        if (value.IsZero)
            return;
        RegisterState expected = KernelPointerTo(field, RegisterMarks.None);
        bool sameSide = (expected.Marks & RegisterMarks.Allocated) == (value.Marks & RegisterMarks.Allocated);
        Expect(helper, value, 2, value.Kind == RegisterKind.BtfObject && sameSide && IsUnmoved(value) && (expected.Subject == value.Subject || (!expected.Marks.HasFlag(RegisterMarks.Allocated) && _kernel!.NameOf(expected.Subject) == _kernel.NameOf(value.Subject))), "an object of the type that the field points to, or 0");
    }

    /// <summary>A load of a field that holds a pointer to an object.</summary>
    private RegisterState LoadKernelPointer(in SpecialField field)
    {
        // rcu_protected_types in the kernel's verifier, and everything that programs allocate.
        string name = MapTypes[(uint)field.Target].Name;
        bool isProtected = Prototypes.KernelFunctions.WithoutFlavor(name) is "cgroup" or "bpf_cpumask" or "task_struct" or "bpf_crypto_ctx" or "prog_test_ref_kfunc" || _kernel?.Find(Prototypes.KernelFunctions.WithoutFlavor(name)) == 0;
        RegisterMarks marks = field.Tag switch
        {
            "uptr" => RegisterMarks.None,
            "kptr" or "percpu_kptr" when isProtected && IsInCriticalSection => RegisterMarks.Rcu,
            _ => RegisterMarks.Untrusted,
        };
        if (field.Tag != "uptr")
            return KernelPointerTo(field, marks);
        RegisterState memory = RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.MaybeNull);
        memory.Size = (int)MapTypes.SizeOf((uint)field.Target);
        memory.Id = _paths.NewId();
        return memory;
    }
}
