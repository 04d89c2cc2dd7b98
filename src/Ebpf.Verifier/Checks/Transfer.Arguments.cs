using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Arguments of helpers.</summary>
/// <remarks>check_func_arg in the kernel's verifier.</remarks>
internal sealed partial class Transfer
{
    private void CheckArgument(HelperPrototype helper, in Argument argument, int register, ref CallArguments call)
    {
        _operand = register;
        ref RegisterState value = ref State[register];
        if (value.Kind == RegisterKind.Uninitialised)
            throw Unreadable(register);
        if (argument.Kind == ArgumentKind.Anything)
        {
            if (IsStrict && value.IsPointer)
                throw Refuse(Rule.PointerLeak, $"{helper.Name} is given {Words.Describe(value)} in R{register}");
            return;
        }

        if (argument.MayBeNull && value.IsZero)
        {
            _paths.Need(value.Sources);
            if (argument.SizeRegister != 0)
                CheckSizedMemory(helper, argument, value, register, ref call);
            return;
        }

        // A tail call through a map that was not found fails on eBPF for Windows, and goes on.
        bool mayMissMap = helper.Id == HelperId.TailCall && _program.Dialect == Dialect.Windows;
        bool acceptsNullable = argument.MayBeNull || argument.Kind == ArgumentKind.Scalar || (mayMissMap && argument.Kind == ArgumentKind.MapPointer);
        if (value.MaybeNull && !acceptsNullable)
        {
            throw Refuse(
                Rule.NullDereference,
                $"{helper.Name}: R{register} is {Words.Describe(value)}, but must not be null",
                "check the pointer for NULL after the call that returned it");
        }

        if (argument.IsReleased && argument.Kind != ArgumentKind.RingBufDynptr)
            CheckReleased(helper, value, register, ref call);
        switch (argument.Kind)
        {
            case ArgumentKind.Scalar:
                Expect(helper, value, register, value.IsScalar, "a number");
                return;
            case ArgumentKind.Context or ArgumentKind.ContextOrNull:
                Expect(helper, value, register, value.Kind == RegisterKind.Context && IsUnmoved(value), "the context");
                return;
            case ArgumentKind.MapPointer:
                Expect(helper, value, register, value.Kind == RegisterKind.Map, "a map");
                call.Map = value.Subject;
                call.MapIdentity = value.MapIdentity;
                return;
            case ArgumentKind.MapKey:
                CheckMemory(helper, value, register, MapOf(helper, call).KeySize, writes: false, isUninitialised: false, ref call);
                return;
            case ArgumentKind.MapValue when call.Map >= 0 && _maps[call.Map].Type is MapType.SockMap or MapType.SockHash:
                Expect(helper, value, register, value.IsSocket && IsUnmoved(value) || IsKernelSocket(value), "a socket");
                return;
            case ArgumentKind.MapValue or ArgumentKind.MapValueOrNull:
                CheckMemory(helper, value, register, MapOf(helper, call).ValueSize, writes: false, isUninitialised: false, ref call);
                return;
            case ArgumentKind.UninitMapValue:
                CheckMemory(helper, value, register, MapOf(helper, call).ValueSize, writes: true, isUninitialised: true, ref call);
                return;
            case ArgumentKind.FixedMemory or ArgumentKind.WritableFixedMemory or ArgumentKind.UninitFixedMemory:
                if (value.Kind == RegisterKind.Stack && argument.Kind != ArgumentKind.FixedMemory)
                    CheckAlignment(value, 0, argument.Size, register);
                CheckMemory(helper, value, register, argument.Size, argument.IsWritten, argument.IsUninitialised, ref call);
                return;
            case ArgumentKind.Memory or ArgumentKind.MemoryOrNull or ArgumentKind.WritableMemory or ArgumentKind.WritableMemoryOrNull or ArgumentKind.UninitMemory:
                CheckSizedMemory(helper, argument, value, register, ref call);
                return;
            case ArgumentKind.Size or ArgumentKind.SizeOrZero:
                CheckSize(helper, argument, value, register, ref call);
                return;
            case ArgumentKind.AllocationSize:
                Expect(helper, value, register, value.IsConstant && value.Value.UMax < int.MaxValue, "a constant size");
                _paths.Need(value.Sources);
                call.AllocationSize = (int)value.Value.Value;
                return;
            case ArgumentKind.RingBufRecord:
                Expect(helper, value, register, value.Kind == RegisterKind.Memory && (value.Marks & RegisterMarks.RingBuffer) != 0 && IsUnmoved(value), "a ring buffer record as it was reserved");
                return;
            case ArgumentKind.SpinLock:
                CheckSpinLock(helper, value, register);
                return;
            case ArgumentKind.Timer:
                CheckTimer(helper, value, register, ref call);
                return;
            case ArgumentKind.Callback:
                Expect(helper, value, register, value.Kind == RegisterKind.Function, "a function of the program");
                call.Callback = value.Subject;
                return;
            case ArgumentKind.StackOrNull:
                Expect(helper, value, register, value.Kind == RegisterKind.Stack, "a pointer to the stack, or 0");
                return;
            case ArgumentKind.Dynptr or ArgumentKind.RingBufDynptr or ArgumentKind.UninitLocalDynptr or ArgumentKind.UninitRingBufDynptr:
                CheckDynptrArgument(helper, argument, register, ref call);
                return;
            case ArgumentKind.KptrLocation:
                CheckKernelPointerField(helper, value, register, ref call);
                return;
            case ArgumentKind.ConstString:
                CheckConstString(helper.Name, value, register);
                return;
            case ArgumentKind.SocketOrNull:
                Expect(helper, value, register, value.Kind == RegisterKind.Socket, "a full socket, or 0");
                return;
            case ArgumentKind.SockCommon:
                Expect(helper, value, register, value.IsSocket && IsUnmoved(value), "a socket");
                return;
            case ArgumentKind.BtfSockCommon or ArgumentKind.BtfSockCommonOrNull:
                Expect(helper, value, register, (value.IsSocket && IsUnmoved(value)) || IsKernelSocket(value), "a socket");
                return;
            case ArgumentKind.BtfObjectOrNull when helper.Id == HelperId.KptrXchg:
                // What may be put there is known once the field is.
                return;
            case ArgumentKind.BtfObject or ArgumentKind.BtfObjectOrNull when !argument.IsReleased && argument.Type is { } type:
                bool matches = value.Kind == RegisterKind.BtfObject && value.Value.IsConstant && (value.Marks & (RegisterMarks.Untrusted | RegisterMarks.Allocated | RegisterMarks.User)) == 0
                    && _kernel!.Holds(value.Subject, OffsetOf(value), type);
                Expect(helper, value, register, matches, $"a struct {type} of the kernel");
                return;
            default:
                throw Refuse(Rule.UnsupportedFeature, $"{helper.Name} takes {argument.Kind} in R{register}, which is not supported yet");
        }
    }

    private bool IsKernelSocket(in RegisterState value) =>
        value.Kind == RegisterKind.BtfObject && IsUnmoved(value) && (value.Marks & RegisterMarks.Untrusted) == 0 && _kernel!.Begins(value.Subject, "sock_common");

    private static bool IsUnmoved(in RegisterState pointer) => pointer.Offset == 0 && pointer.Value is { IsConstant: true, Value: 0 };

    private void Expect(HelperPrototype helper, in RegisterState value, int register, bool holds, string what)
    {
        if (!holds)
            throw Refuse(Rule.HelperArgument, $"{helper.Name}: R{register} is {Words.Describe(value)}, but must be {what}");
    }

    private MapSpec MapOf(HelperPrototype helper, in CallArguments call) =>
        call.Map >= 0 ? _maps[call.Map] : throw Refuse(Rule.HelperArgument, $"{helper.Name} is called without a map");

    private void CheckReleased(HelperPrototype helper, in RegisterState value, int register, ref CallArguments call)
    {
        if (value.Reference == 0 || !State.HasReference(value.Reference))
            throw Refuse(Rule.Reference, $"{helper.Name}: R{register} is {Words.Describe(value)}, but not a reference that this program holds");
        call.Released = value.Reference;
    }

    private void CheckSizedMemory(HelperPrototype helper, in Argument argument, in RegisterState value, int register, ref CallArguments call)
    {
        int sizeRegister = argument.SizeRegister != 0 ? argument.SizeRegister : register + 1;
        ref RegisterState size = ref State[sizeRegister];
        if (size.Kind == RegisterKind.Uninitialised)
            throw Unreadable(sizeRegister);
        Argument sizeArgument = helper.Arguments[sizeRegister - 1];
        CheckSize(helper, sizeArgument, size, sizeRegister, ref call);
        // Of no bytes at all null will do, and so will a place that cannot be read; but it is still a place in memory.
        if (size.Value.UMax == 0)
        {
            if (!(argument.MayBeNull && (value.IsZero || value.MaybeNull)))
                CheckMemory(helper, value, register, 0, argument.IsWritten, isUninitialised: true, ref call);
            return;
        }

        if (value.IsZero || value.MaybeNull)
        {
            throw Refuse(
                Rule.NullDereference,
                $"{helper.Name}: R{register} is {Words.Describe(value)}, but the size in R{sizeRegister} may be {Words.Range(size.Value)}",
                "give a null pointer the size 0, or check the pointer for NULL before the call");
        }

        if (value.IsPacketStart && size.IsPacketLength && helper.Has(HelperFlags.PacketAccess) && (!argument.IsWritten || PacketRules.MayWrite(_program.Type)))
        {
            call.SetSize(register, (long)size.Value.UMax);
            return;
        }

        long bytes = (long)size.Value.UMax;
        bool isFilled = argument.IsUninitialised && size.Value.IsConstant;
        CheckMemory(helper, value, register, bytes, argument.IsWritten, isFilled, ref call);
    }

    private void CheckSize(HelperPrototype helper, in Argument argument, in RegisterState size, int register, ref CallArguments call)
    {
        _operand = register;
        Expect(helper, size, register, size.IsScalar, "a size");
        _paths.Need(size.Sources);
        if (size.Value.SMin < 0)
        {
            throw Refuse(
                Rule.HelperArgument,
                $"{helper.Name}: the size in R{register} may be negative ({Words.Range(size.Value)})",
                "make it unsigned, mask it (size &= 0xff), or check its bounds");
        }

        if (size.Value.UMin == 0 && argument.Kind == ArgumentKind.Size)
            throw Refuse(Rule.HelperArgument, $"{helper.Name}: the size in R{register} may be zero ({Words.Range(size.Value)})", "check that it is at least 1");
        if (size.Value.UMax >= MaxOffset)
        {
            throw Refuse(
                Rule.HelperArgument,
                $"{helper.Name}: the size in R{register} has no useful upper bound ({Words.Range(size.Value)})",
                "mask it (size &= 0xff), or compare it with the buffer's size first");
        }

        call.MaxSize = (long)size.Value.UMax;
    }

    /// <summary>Memory that a helper reads or writes.</summary>
    private void CheckMemory(HelperPrototype helper, in RegisterState value, int register, long size, bool writes, bool isUninitialised, ref CallArguments call) =>
        CheckMemory(helper.Name, helper.Has(HelperFlags.PacketAccess), value, register, size, writes, isUninitialised, ref call);

    private void CheckMemory(string function, bool takesPacket, in RegisterState value, int register, long size, bool writes, bool isUninitialised, ref CallArguments call)
    {
        _operand = register;
        call.SetSize(register, size);
        if (writes && (value.Marks & RegisterMarks.ReadOnly) != 0)
            throw Refuse(Rule.ReadOnlyMemory, $"{function} writes to R{register}, which is {Words.Describe(value)} and may only be read");
        int bytes = (int)Math.Min(size, int.MaxValue);
        switch (value.Kind)
        {
            case RegisterKind.Stack:
                if (isUninitialised)
                    StackRange(value, register, 0, size, out _, out _);
                else
                    ReadStackRange(value, register, size);
                return;
            case RegisterKind.MapValue:
                CheckMapValue(value, register, 0, bytes, writes);
                return;
            case RegisterKind.MapKey when !writes:
                CheckBounds(value, register, 0, bytes, _maps[value.Subject].KeySize, Rule.MapValueAccess, "the map's key");
                return;
            case RegisterKind.Packet or RegisterKind.PacketMeta:
                if (!takesPacket)
                    throw Refuse(Rule.HelperArgument, $"{function} does not take packet memory, which R{register} points to", "copy it to the stack first");
                CheckPacket(value, register, 0, bytes, writes);
                return;
            case RegisterKind.Memory:
                CheckBounds(value, register, 0, bytes, (uint)value.Size, Rule.MemoryAccess, "the memory");
                return;
            case RegisterKind.BtfObject when (value.Marks & RegisterMarks.Allocated) != 0:
                CheckAllocated(value, register, 0, bytes, "handed over");
                return;
            case RegisterKind.BtfObject when !writes && size > 0 && value.Value.IsConstant && (value.Marks & (RegisterMarks.User | RegisterMarks.PerCpu)) == 0:
                CheckObjectMemory(function, value, register, size);
                return;
            case RegisterKind.Context when _program.Dialect == Dialect.Windows:
                CheckContextMemory(value, register, bytes);
                return;
            case RegisterKind.Context when _program.Type == ProgramType.Syscall:
                CheckBounds(value, register, 0, bytes, (uint)_context.Size, Rule.ContextAccess, "the context");
                return;
            default:
                throw Refuse(
                    Rule.HelperArgument,
                    $"{function}: R{register} is {Words.Describe(value)}, but must point to {size} bytes of memory",
                    value.Kind == RegisterKind.Context ? "copy the data to the stack first" : "");
        }
    }

    /// <summary>A helper reads from a kernel object: as far as the object goes.</summary>
    private void CheckObjectMemory(string function, in RegisterState value, int register, long size)
    {
        long bytes = _kernel!.Types.SizeOf((uint)value.Subject);
        if (OffsetOf(value) < 0 || OffsetOf(value) + size > bytes)
            throw Refuse(Rule.MemoryAccess, $"{function}: {size} bytes at offset {OffsetOf(value)} in R{register} leave {_kernel.NameOf(value.Subject)}, which has {bytes} bytes");
    }

    /// <summary>Fields of a context that a helper of eBPF for Windows reads or writes: numbers only.</summary>
    private void CheckContextMemory(in RegisterState value, int register, int bytes)
    {
        CheckBounds(value, register, 0, bytes, (uint)_context.Size, Rule.ContextAccess, "the context");
        long first = value.Offset + value.Value.SMin, end = value.Offset + value.Value.SMax + bytes;
        foreach (ContextField field in _context.Fields)
        {
            if (field.IsPointer && field.Offset < end && field.Offset + field.Size > first)
                throw Refuse(Rule.PointerLeak, $"the helper is given the context in R{register} with its field {field.Name}, which is a pointer");
        }
    }

    private void CheckSpinLock(HelperPrototype helper, in RegisterState value, int register)
    {
        int identity = LockAt(helper.Name, value, register, SpecialFieldKind.SpinLock);
        int place = value.Kind == RegisterKind.MapValue ? value.Subject : InObject;
        if (helper.Id == HelperId.SpinLock)
        {
            if (State.LockId != 0)
                throw Refuse(Rule.SpinLock, "a second spin lock is taken while one is held", "unlock the first one before");
            State.LockId = identity;
            State.LockMap = place;
            return;
        }

        if (State.LockId == 0)
            throw Refuse(Rule.SpinLock, "a spin lock is released that was not taken");
        if (State.LockId != identity || State.LockMap != place)
            throw Refuse(Rule.SpinLock, "the lock that is released is not the one that was taken");
        State.LockId = State.LockMap = 0;
        ForgetNonOwning();
    }

    private const int OnlyValue = -1, InObject = -1;

    private void CheckTimer(HelperPrototype helper, in RegisterState value, int register, ref CallArguments call)
    {
        Expect(helper, value, register, value.Kind == RegisterKind.MapValue && value.Value.IsConstant, "a bpf_timer in a map value");
        if (!_maps.TryFind(value.Subject, SpecialFieldKind.Timer, out SpecialField field))
            throw Refuse(Rule.HelperArgument, $"the value of map {_maps[value.Subject].Name} has no struct bpf_timer");
        long offset = (long)value.Value.Value + value.Offset;
        if (offset != field.Offset)
            throw Refuse(Rule.HelperArgument, $"R{register} points to offset {offset} of the value of map {_maps[value.Subject].Name}; its timer is at offset {field.Offset}");
        call.TimerMap = value.Subject;
        call.TimerIdentity = value.MapIdentity;
    }

    /// <summary>A zero-terminated string whose bytes are known for good.</summary>
    private void CheckConstString(string function, in RegisterState value, int register)
    {
        DemandString(function, value, register, value.Kind == RegisterKind.MapValue && value.Value.IsConstant, "a constant string in a read-only map");
        MapSpec map = _maps[value.Subject];
        DemandString(function, value, register, map.IsFrozen && (map.Flags & MapFlags.ReadOnlyProgram) != 0, "a constant string in a read-only map");
        long offset = (long)value.Value.Value + value.Offset;
        CheckMapValue(value, register, 0, 1, writes: false);
        ReadOnlySpan<byte> data = map.InitialData.Span;
        bool ends = offset >= data.Length || data[(int)offset..].Contains((byte)0) || data.Length < map.ValueSize;
        DemandString(function, value, register, ends, "a string that ends with zero");
    }

    private void DemandString(string function, in RegisterState value, int register, bool holds, string what)
    {
        if (!holds)
            throw Refuse(Rule.HelperArgument, $"{function}: R{register} is {Words.Describe(value)}, but must be {what}");
    }
}
