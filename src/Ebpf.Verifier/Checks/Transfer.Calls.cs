using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Calls of helpers: who may call, what happens to the state.</summary>
internal sealed partial class Transfer
{
    private int Call(in Instruction instruction)
    {
        if (instruction.IsLocalCall)
            return CallFunction(instruction);
        if (instruction.IsKernelFunctionCall)
            return CallKernelFunction(instruction);
        CallHelper(instruction);
        return Slot + 1;
    }

    private void CallHelper(in Instruction instruction)
    {
        HelperPrototype helper = _helpers.At(Slot) ?? throw _helpers.WhyNot(instruction, Slot);
        CheckMayCall(helper);
        CallArguments call = default;
        call.Map = -1;
        for (int i = 0; i < helper.Arguments.Length; i++)
            CheckArgument(helper, helper.Arguments[i], i + 1, ref call);
        if (call.Map >= 0)
        {
            CheckMapType(helper, call);
            _facts.Map(Slot, call.MapIdentity == 0 && call.Map < _maps.LoadedCount ? call.Map : -1);
        }

        CheckValues(helper.Id);
        if (helper.Id == HelperId.TailCall)
            CheckTailCall();
        if (helper.Has(HelperFlags.CallsBack | HelperFlags.CallsBackLater))
            CallBack(helper, call);
        ApplyWrites(helper, call);
        if (call.Released != 0)
            Release(call.Released);
        if (call.RingBufDynptr != 0)
            MakeDynptr(helper.Name, call.RingBufDynptr, DynptrKind.RingBuffer, isReadOnly: false, Acquire());
        RegisterState result = ResultOf(helper, ref call);
        // A tail call that comes back has failed, and nothing was run.
        if ((helper.Has(HelperFlags.ChangesPacket) && helper.Id != HelperId.TailCall) || call.ChangesPacket)
            InvalidatePacketPointers();
        for (int i = 1; i <= 5; i++)
            State[i] = default;
        State[0] = result;
    }

    private void CheckMayCall(HelperPrototype helper)
    {
        if (VersionRules.WhyNot(helper.Id, _options.KernelVersion) is { } tooNew)
            throw Refuse(Rule.UnknownHelper, tooNew, "guard the call with bpf_core_enum_value_exists(enum bpf_func_id, ...)");
        if (helper.Has(HelperFlags.Gpl) && !_helpers.IsGplCompatible && _program.Dialect == Dialect.Linux)
        {
            throw Refuse(
                Rule.UnknownHelper,
                $"{helper.Name} may only be called by programs under a GPL-compatible licence; this one says \"{_program.License}\"",
                "char LICENSE[] SEC(\"license\") = \"GPL\";");
        }

        if (helper.Has(HelperFlags.MaySleep) && (MaySleep ? !MaySleepHere : _program.Type != ProgramType.Syscall))
            throw Refuse(Rule.UnknownHelper, $"{helper.Name} may sleep; this program may not", "use a sleepable section, for example SEC(\"fentry.s/...\")");
        if (State.LockId != 0 && helper.Id is not (HelperId.SpinUnlock or HelperId.SpinLock))
            throw Refuse(Rule.SpinLock, $"{helper.Name} is called while a spin lock is held", "call bpf_spin_unlock() first");
    }

    /// <summary>What single helpers demand of the values they are given.</summary>
    private void CheckValues(HelperId helper)
    {
        switch (helper)
        {
            case HelperId.GetLocalStorage:
                if (!State[2].IsZero)
                    throw Refuse(Rule.HelperArgument, $"{helper.Text()}: the flags in R2 must be 0");
                _paths.Need(State[2].Sources);
                return;
            case HelperId.DPath:
                if (!ProgramRules.MayAskForPath(_program))
                    throw Refuse(Rule.UnknownHelper, $"{helper.Text()} may not be called where this program is attached ({_program.AttachTarget}): it takes locks that may be held there");
                return;
            case HelperId.SetRetval when !(_program.Type == ProgramType.CgroupSockOpt && _program.AttachType == AttachType.CgroupGetSockOpt):
                CheckHookResult(helper);
                return;
        }
    }

    private void CheckHookResult(HelperId helper)
    {
        // MAX_ERRNO
        ReturnRange range = new(-4095, 0);
        if (_program is { Type: ProgramType.Lsm, AttachType: AttachType.LsmCgroup })
        {
            range = TracingContext.HookResult(_program, _options.KernelTypes)
                ?? throw Refuse(Rule.HelperArgument, $"{helper.Text()}: security hook {_program.AttachTarget} returns nothing that could be changed");
        }

        RegisterState result = State[1];
        if (!result.IsScalar)
            throw Refuse(Rule.HelperArgument, $"{helper.Text()}: R1 is {Words.Describe(result)}, but must be a number");
        _paths.Need(result.Sources);
        if (result.Value.SMin32 < range.Min || result.Value.SMax32 > range.Max)
            throw Refuse(Rule.ReturnValue, $"{helper.Text()}: R1 must be {range.Min} to {range.Max}, but may be {Words.Range(result.Value)}", "check the value's range before the call");
    }

    private void CheckMapType(HelperPrototype helper, in CallArguments call)
    {
        MapSpec map = _maps[call.Map];
        if (!HelperPrototypes.TakesMap(helper.Id, map.Type, _program.Type, _program.AttachType, _program.Dialect))
            throw Refuse(Rule.MapType, $"{helper.Name} does not take map {map.Name}, which is of type {map.Type.Text()}");
        bool writes = helper.Id is HelperId.MapUpdateElem or HelperId.MapDeleteElem or HelperId.MapPushElem or HelperId.MapPopElem;
        if (writes && (map.Flags & MapFlags.ReadOnlyProgram) != 0)
            throw Refuse(Rule.ReadOnlyMemory, $"map {map.Name} is read-only for programs");
    }

    private void CheckTailCall()
    {
        if (State.ReferenceCount > 0)
            throw Leak("a tail call");
        if (State.LockId != 0)
            throw Refuse(Rule.SpinLock, "a tail call while a spin lock is held");
        RegisterState index = State[3];
        if (index.IsScalar)
            _paths.Need(index.Sources);
        if (State.Depth > 0)
            _paths.Fork(Slot, Edge.TailCallReturns);
    }

    /// <summary>The other program ran in place of this function: it returned any number, and may have changed the packet.</summary>
    private int ReturnFromTailCall()
    {
        InvalidatePacketPointers();
        State[0] = RegisterState.Unknown;
        return Exit();
    }

    private void ApplyWrites(HelperPrototype helper, in CallArguments call)
    {
        for (int i = 0; i < helper.Arguments.Length; i++)
        {
            Argument argument = helper.Arguments[i];
            if (!argument.IsWritten)
                continue;
            ref RegisterState target = ref State[i + 1];
            if (target.Kind == RegisterKind.Stack)
                WriteStackRange(target, i + 1, call.SizeOf(i + 1));
        }
    }

    /// <summary>Gives a reference back: whatever pointed to the object is void.</summary>
    private void Release(int reference)
    {
        if (!State.TryRelease(reference))
            throw Refuse(Rule.Reference, "the reference was released before");
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if (value.Reference == reference)
                value = IsStrict ? default : RegisterState.Unknown;
        }
    }

    private int Acquire(ReferenceKind kind = ReferenceKind.Object)
    {
        if (State.ReferenceCount == MachineState.MaxReferences)
            throw Refuse(Rule.TooComplex, $"more than {MachineState.MaxReferences} references are held at once");
        int id = _paths.NewId();
        State.References[State.ReferenceCount++] = new Reference(id, Slot, State.Depth, kind);
        return id;
    }

    private Refusal Leak(string where)
    {
        Reference reference = State.References[State.ReferenceCount - 1];
        return Refuse(
            Rule.Reference,
            $"{where} is reached while the object acquired at instruction {reference.Instruction} is still held",
            "release it on every path (bpf_sk_release(), bpf_ringbuf_submit() or bpf_ringbuf_discard())");
    }

    private RegisterState ResultOf(HelperPrototype helper, ref CallArguments call)
    {
        RegisterState result;
        switch (helper.Result.Kind)
        {
            case ReturnKind.Void:
                return default;
            case ReturnKind.Integer:
                return RegisterState.Number(IntegerResult(helper, call));
            case ReturnKind.FirstArgument:
                return State[1];
            case ReturnKind.MapValue:
                result = RegisterState.Pointer(RegisterKind.MapValue, call.Map);
                result.MapIdentity = call.MapIdentity;
                result.Id = LockIdentity(call.Map);
                return result;
            case ReturnKind.MapValueOrNull:
                result = LookupResult(helper, ref call);
                break;
            case ReturnKind.SocketOrNull:
                result = RegisterState.Pointer(RegisterKind.Socket);
                break;
            case ReturnKind.TcpSockOrNull:
                result = RegisterState.Pointer(RegisterKind.TcpSocket);
                break;
            case ReturnKind.SockCommonOrNull:
                result = RegisterState.Pointer(RegisterKind.SocketCommon);
                break;
            case ReturnKind.RingBufRecordOrNull:
                result = RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.RingBuffer);
                result.Size = call.AllocationSize;
                break;
            case ReturnKind.DynptrSliceOrNull:
                if ((DynptrKind)call.Dynptr.Subject is DynptrKind.Skb or DynptrKind.Xdp or DynptrKind.SkbMeta or DynptrKind.File)
                    throw Refuse(Rule.HelperArgument, $"{helper.Name}: a dynptr over a packet or file has no memory of its own", "use bpf_dynptr_slice()");
                _facts.Result(Slot, mayBeNull: true);
                return SliceOf(call.Dynptr, call.AllocationSize, (call.Dynptr.Marks & RegisterMarks.ReadOnly) != 0);
            case ReturnKind.BtfObject or ReturnKind.TrustedBtfObject:
                RegisterState given = KernelObject(helper.Result.Type, $"the result of {helper.Name}");
                if (helper.Result.Kind == ReturnKind.TrustedBtfObject)
                    given.Marks |= RegisterMarks.Trusted;
                return given;
            case ReturnKind.BtfObjectOrNull when helper.Id == HelperId.KptrXchg:
                CheckKernelPointerValue(helper, call.Kptr, State[2]);
                result = KernelPointerTo(call.Kptr, RegisterMarks.Trusted);
                break;
            case ReturnKind.BtfObjectOrNull when !helper.Has(HelperFlags.Acquires):
                result = KernelObject(helper.Result.Type, $"the result of {helper.Name}");
                break;
            default:
                throw Refuse(Rule.UnsupportedFeature, $"{helper.Name} gives a kernel object; this is not supported yet");
        }

        bool mayBeNull = (result.Marks & RegisterMarks.MaybeNull) != 0 || !call.ResultNotNull;
        _facts.Result(Slot, mayBeNull);
        if (mayBeNull)
            result.Marks |= RegisterMarks.MaybeNull;
        result.Id = _paths.NewId();
        if (helper.Has(HelperFlags.Acquires) || call.AcquiresByMap)
            result.Reference = result.Id = Acquire();
        else if (helper.Has(HelperFlags.CastsSocket))
            result.Reference = State[1].Reference;
        return result;
    }

    private static Scalar IntegerResult(HelperPrototype helper, in CallArguments call)
    {
        // MAX_ERRNO
        const long MaxError = 4095;
        if (helper.Has(HelperFlags.AtMostSize) && call.MaxSize >= 0)
            return Scalar.Signed(-MaxError, call.MaxSize);
        // No machine has more; NR_CPUS is at most 8192.
        return helper.Has(HelperFlags.CpuNumber) ? Scalar.Unsigned(0, 8191) : Scalar.Unknown;
    }

    private RegisterState LookupResult(HelperPrototype helper, ref CallArguments call)
    {
        if (call.Map < 0)
            throw Refuse(Rule.UnsupportedFeature, $"{helper.Name} without a map");
        MapSpec map = _maps[call.Map];
        switch (map.Type)
        {
            case MapType.ArrayOfMaps or MapType.HashOfMaps:
                if (_maps.InnerOf(call.Map) < 0)
                    throw Refuse(Rule.MapType, $"map {map.Name} has no template for its inner maps");
                RegisterState inner = RegisterState.Pointer(RegisterKind.Map, _maps.InnerOf(call.Map));
                inner.MapIdentity = _paths.NewId();
                return inner;
            case MapType.SockMap or MapType.SockHash:
                call.AcquiresByMap = true;
                return RegisterState.Pointer(RegisterKind.Socket);
            case MapType.XskMap:
                return RegisterState.Pointer(RegisterKind.XdpSocket);
            default:
                call.ResultNotNull = helper.Id == HelperId.MapLookupElem && call.MapIdentity == 0 && map.Type is MapType.Array or MapType.PerCpuArray && HasElement(map);
                RegisterState value = RegisterState.Pointer(RegisterKind.MapValue, call.Map);
                value.MapIdentity = call.MapIdentity;
                return value;
        }
    }

    /// <summary>Whether an array has an element for the key, because the key is a constant on the stack within the array.</summary>
    private bool HasElement(MapSpec map)
    {
        ref RegisterState key = ref State[2];
        if (key.Kind != RegisterKind.Stack || !key.Value.IsConstant || map.KeySize != 4)
            return false;
        int offset = key.Offset + (int)key.Value.Value;
        if ((offset & 3) != 0)
            return false;
        FrameState frame = State.Frames[key.Subject];
        RegisterState index = LoadBytesOf(frame, offset, 4);
        if (!index.IsConstant || index.Value.Value >= map.MaxEntries)
            return false;
        _paths.Need(index.Sources);
        return true;
    }

    /// <summary>An identity for a map value with a lock in it, so that the unlock is known to be of the same one.</summary>
    private int LockIdentity(int map) => _maps.TryFind(map, SpecialFieldKind.SpinLock, out _) ? _paths.NewId() : 0;

    /// <summary>What the arguments of a call said.</summary>
    private struct CallArguments
    {
        public int Map;
        public int MapIdentity;
        public int AllocationSize;
        public int Released;
        public int Callback;
        public int TimerMap;
        public int TimerIdentity;
        public long MaxSize;
        public int RingBufDynptr;
        public RegisterState Dynptr;
        public SpecialField Kptr;
        public bool ChangesPacket;
        public bool AcquiresByMap;
        public bool ResultNotNull;
        private long _size1, _size2, _size3, _size4, _size5;

        public readonly long SizeOf(int register) => register switch { 1 => _size1, 2 => _size2, 3 => _size3, 4 => _size4, _ => _size5 };

        public void SetSize(int register, long size)
        {
            switch (register)
            {
                case 1: _size1 = size; break;
                case 2: _size2 = size; break;
                case 3: _size3 = size; break;
                case 4: _size4 = size; break;
                default: _size5 = size; break;
            }
        }
    }
}
