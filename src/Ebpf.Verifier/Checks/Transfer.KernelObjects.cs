using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Objects that type information describes: the kernel's, and those that the program allocated.</summary>
/// <remarks>check_ptr_to_btf_access in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    // BTF_TYPE_SAFE_TRUSTED, _TRUSTED_OR_NULL, _RCU, _RCU_OR_NULL in the kernel's verifier: fields whose pointers are as good as the one they were read through.
    private static RegisterMarks FieldTrust(in LoadedField field, bool inCriticalSection) => (field.Structure, field.Member) switch
    {
        ("bpf_iter_meta", "seq") or ("bpf_iter__task", "meta" or "task") or ("linux_binprm", "file") or ("file", "f_inode") => RegisterMarks.Trusted,
        ("dentry", "d_inode") or ("socket", "sk") or ("vm_area_struct", "vm_mm" or "vm_file") => RegisterMarks.Trusted | RegisterMarks.MaybeNull,
        _ when !inCriticalSection => RegisterMarks.Untrusted,
        ("task_struct", "cpus_ptr" or "cgroups" or "real_parent" or "group_leader") or ("cgroup", "kn") or ("css_set", "dfl_cgrp") or ("cgroup_subsys_state", "cgroup") => RegisterMarks.Rcu,
        ("mm_struct", "exe_file" or "owner") or ("sk_buff", "sk") or ("request_sock", "sk") => RegisterMarks.Rcu | RegisterMarks.MaybeNull,
        _ when field.Tag == "rcu" => RegisterMarks.Rcu | RegisterMarks.MaybeNull,
        _ => RegisterMarks.None,
    };

    /// <summary>Whether RCU keeps what it protects: in a read-side critical section, under a lock, in every program that may not sleep.</summary>
    private bool IsInCriticalSection => State.ReadLocks > 0 || State.LockId != 0 || State.Holds(ReferenceKind.Lock) || State.PreemptionLocks > 0 || !MaySleep;

    /// <summary>Whether the program as such may sleep.</summary>
    private bool MaySleep => _program.IsSleepable;

    /// <summary>Whether it may sleep here.</summary>
    private bool MaySleepHere => MaySleep && State is { ReadLocks: 0, LockId: 0, PreemptionLocks: 0 } && !State.Holds(ReferenceKind.Lock) && !State.Holds(ReferenceKind.Interrupts);

    private RegisterState LoadBtfObject(in RegisterState address, int register, int displacement, int size)
    {
        if ((address.Marks & RegisterMarks.Allocated) != 0)
        {
            CheckAllocated(address, register, displacement, size, "read");
            return RegisterState.Unknown;
        }

        if ((address.Marks & RegisterMarks.User) != 0)
            throw Refuse(Rule.NotAPointer, $"R{register} points to user memory, which is not read directly", "use bpf_probe_read_user()");
        LoadedField field = FieldAt(address, register, displacement, size);
        if (field.Target == 0)
            return RegisterState.Unknown;
        RegisterState loaded = RegisterState.Pointer(RegisterKind.BtfObject, field.Target);
        const RegisterMarks Sure = RegisterMarks.Trusted | RegisterMarks.Rcu;
        loaded.Marks = field.Tag switch
        {
            "user" => RegisterMarks.User,
            "percpu" => RegisterMarks.PerCpu,
            _ when (address.Marks & RegisterMarks.Untrusted) != 0 => RegisterMarks.Untrusted,
            _ when (address.Marks & Sure) != 0 || address.Reference != 0 => FieldTrust(field, IsInCriticalSection),
            // A pointer without marks is of the old kind, whose loads may fault and then give zero.
            _ => RegisterMarks.None,
        };
        if (loaded.MaybeNull)
            loaded.Id = _paths.NewId();
        return loaded;
    }

    private LoadedField FieldAt(in RegisterState address, int register, int displacement, int size)
    {
        long offset = (long)address.Value.Value + address.Offset + displacement;
        if (!address.Value.IsConstant)
            throw Refuse(Rule.MemoryAccess, $"R{register} is {Words.Describe(address)}; kernel objects are only read at constant offsets");
        bool isField;
        LoadedField field;
        try
        {
            isField = _kernel!.TryLoad(address.Subject, offset, size, out field);
        }
        catch (BpfException damaged)
        {
            throw Refuse(Rule.UnsupportedFeature, $"the kernel's types cannot be read: {damaged.Message}");
        }

        if (!isField)
            throw Refuse(Rule.MemoryAccess, $"R{register}: an access of {size} bytes at offset {offset} of {_kernel.NameOf(address.Subject)} is not one of its fields");
        return field;
    }

    private void StoreBtfObject(in RegisterState address, int register, int displacement, int size)
    {
        if ((address.Marks & RegisterMarks.Allocated) != 0)
        {
            if ((address.Marks & RegisterMarks.Untrusted) != 0)
                throw Refuse(Rule.ReadOnlyMemory, $"R{register} is {Words.Describe(address)} that may be gone; only reading is allowed");
            CheckAllocated(address, register, displacement, size, "write");
            return;
        }

        LoadedField field = FieldAt(address, register, displacement, size);
        if (!MayWriteField(field))
            throw Refuse(Rule.ReadOnlyMemory, $"R{register} is {Words.Describe(address)}; {field.Member} of struct {field.Structure} may only be read by programs of type {_program.Type.Text()}");
    }

    /// <remarks>The btf_struct_access functions: tc_cls_act, xdp (nf_conn), bpf_tcp_ca.</remarks>
    private bool MayWriteField(in LoadedField field) => _program.Type switch
    {
        ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.Xdp => field is { Structure: "nf_conn", Member: "mark" },
        ProgramType.StructOps => field is { Structure: "sock", Member: "sk_pacing_rate" or "sk_pacing_status" } or { Structure: "inet_connection_sock", Member: "icsk_ca_priv" }
            or { Structure: "tcp_sock", Member: "snd_cwnd" or "snd_cwnd_cnt" or "snd_cwnd_stamp" or "snd_ssthresh" or "ecn_flags" or "app_limited" } or { Member: "pending" },
        _ => false,
    };

    /// <summary>An object of the program's own type: all of it but for the fields that belong to functions.</summary>
    private void CheckAllocated(in RegisterState address, int register, int displacement, int size, string access)
    {
        uint type = (uint)address.Subject;
        uint bytes = Objects.Types.SizeOf(type);
        CheckBounds(address, register, displacement, size, bytes, Rule.MemoryAccess, "the allocated object");
        CheckSpecialFields(SpecialFieldsOf(type), address, register, displacement, size, $"an allocated {Objects.NameOf(address.Subject)}, {access}");
    }

    private void CheckSpecialFields(ReadOnlySpan<SpecialField> fields, in RegisterState address, int register, int displacement, int size, string what)
    {
        long low = address.Value.SMin + address.Offset + displacement;
        long high = (long)address.Value.UMax + address.Offset + displacement + size;
        foreach (SpecialField field in fields)
        {
            if (low < field.Offset + field.Size && field.Offset < high)
                throw Refuse(Rule.MemoryAccess, $"R{register}: the {field.Name} in {what} (bytes {field.Offset} to {field.Offset + field.Size - 1}) is only for helpers");
        }
    }

    /// <summary>The program's own types.</summary>
    private KernelObjects Objects => _objects ??= new KernelObjects(_program.Types ?? throw Refuse(Rule.UnsupportedFeature, "the object's types are not known"));

    private KernelObjects? _objects;
    private Dictionary<uint, SpecialField[]>? _specialFields;

    private SpecialField[] SpecialFieldsOf(uint type)
    {
        _specialFields ??= [];
        if (!_specialFields.TryGetValue(type, out SpecialField[]? fields))
            _specialFields.Add(type, fields = MapTable.FindSpecialFields(Objects.Types, type, Objects.Types.SizeOf(type)));
        return fields;
    }

    private bool IsRefcounted(uint type)
    {
        foreach (SpecialField field in SpecialFieldsOf(type))
        {
            if (field.Kind == SpecialFieldKind.ReferenceCount)
                return true;
        }

        return false;
    }

    /// <summary>The last read-side critical section ends: what it kept may be gone.</summary>
    private void ForgetRcu()
    {
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if ((value.Marks & RegisterMarks.Rcu) == 0)
                continue;
            value.Marks = (value.Marks & ~(RegisterMarks.Rcu | RegisterMarks.MaybeNull)) | RegisterMarks.Untrusted;
        }
    }

    /// <summary>The lock is given back: what lists and trees own may be gone.</summary>
    private void ForgetNonOwning()
    {
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if ((value.Marks & (RegisterMarks.NonOwning | RegisterMarks.Rcu)) == RegisterMarks.NonOwning)
                value = IsStrict ? default : RegisterState.Unknown;
        }
    }
}
