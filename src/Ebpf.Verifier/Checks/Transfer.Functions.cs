using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>Calls of the program's own functions, callbacks, and returns.</summary>
internal sealed partial class Transfer
{
    private int CallFunction(in Instruction instruction)
    {
        int target = Slot + 1 + instruction.Immediate;
        int function = _shape.FunctionStartingAt(target);
        if (_shape.Functions[function].IsGlobal)
        {
            CallGlobal(function);
            return Slot + 1;
        }

        FrameState caller = State.Frame;
        FrameState callee = Push(function, Slot, FrameRole.Call);
        for (int i = 1; i <= 5; i++)
            callee.Registry[i] = caller.Registry[i];
        for (int i = 0; i <= 5; i++)
            caller.Registry[i] = default;
        return target;
    }

    /// <summary>A global function is verified on its own: here only its signature counts.</summary>
    private void CallGlobal(int function)
    {
        FunctionRange range = _shape.Functions[function];
        if (State.LockId != 0)
            throw Refuse(Rule.SpinLock, $"global function {range.Name} is called while a spin lock is held");
        GlobalSignature signature = _signatures.Of(function);
        if (signature.Refusal is { } why)
            throw Refuse(Rule.FunctionSignature, $"global function {range.Name}: {why}", "give it a signature of numbers, the context and pointers to types of known size, or make it static");
        for (int i = 0; i < signature.Arguments.Length; i++)
            CheckGlobalArgument(function, range, signature.Arguments[i], i + 1);
        _signatures.MarkCalled(function);
        // It may do what any helper does to the packet.
        if (_signatures.ChangesPacket(function))
            InvalidatePacketPointers();
        for (int i = 1; i <= 5; i++)
            State[i] = default;
        State[0] = signature.ReturnsNothing ? default : RegisterState.Unknown;
    }

    private void CheckGlobalArgument(int index, in FunctionRange function, in GlobalArgument argument, int register)
    {
        _operand = register;
        ref RegisterState value = ref State[register];
        if (value.Kind == RegisterKind.Uninitialised)
            throw Unreadable(register);
        switch (argument.Kind)
        {
            case GlobalArgumentKind.Scalar:
                if (!value.IsScalar)
                    throw Refuse(Rule.FunctionSignature, $"{function.Name} takes a number in R{register}, but it is {Words.Describe(value)}");
                return;
            case GlobalArgumentKind.Context:
                if (value.Kind != RegisterKind.Context || !IsUnmoved(value))
                    throw Refuse(Rule.FunctionSignature, $"{function.Name} takes the context in R{register}, but it is {Words.Describe(value)}");
                return;
            case GlobalArgumentKind.Arena:
                if (value.Kind is not (RegisterKind.Arena or RegisterKind.Scalar))
                    throw Refuse(Rule.FunctionSignature, $"{function.Name} takes an address in the arena in R{register}, but it is {Words.Describe(value)}");
                return;
            case GlobalArgumentKind.Dynptr:
                UseDynptr(function.Name, register);
                return;
            case GlobalArgumentKind.Untrusted:
                return;
            case GlobalArgumentKind.Trusted:
                CheckTrustedArgument(function, argument, value, register);
                return;
        }

        if (value.IsZero && argument.MaybeNull)
        {
            _paths.Need(value.Sources);
            return;
        }

        if (value.MaybeNull && !argument.MaybeNull)
            throw Refuse(Rule.NullDereference, $"{function.Name}: R{register} is {Words.Describe(value)}, but must not be null");
        RegisterState present = value;
        present.Marks &= ~RegisterMarks.MaybeNull;
        if ((present.Marks & RegisterMarks.ReadOnly) != 0)
            throw Refuse(Rule.ReadOnlyMemory, $"{function.Name} may write to R{register}, which is {Words.Describe(value)} and may only be read");
        switch (present.Kind)
        {
            case RegisterKind.Stack:
                ReadStackRange(present, register, argument.Size);
                WriteStackRange(present, register, argument.Size);
                return;
            case RegisterKind.MapValue:
                CheckMapValue(present, register, 0, argument.Size, writes: false);
                CheckMapValue(present, register, 0, argument.Size, writes: true);
                return;
            case RegisterKind.Memory:
                CheckBounds(present, register, 0, argument.Size, (uint)present.Size, Rule.MemoryAccess, "the memory");
                return;
            case RegisterKind.Packet or RegisterKind.PacketMeta when !_signatures.ChangesPacket(index):
                CheckPacket(present, register, 0, argument.Size, writes: true);
                return;
            default:
                throw Refuse(Rule.FunctionSignature, $"{function.Name} takes a pointer to {argument.Size} bytes in R{register}, but it is {Words.Describe(value)}");
        }
    }

    private void CheckTrustedArgument(in FunctionRange function, in GlobalArgument argument, in RegisterState value, int register)
    {
        if (argument.MaybeNull && value.IsZero)
        {
            _paths.Need(value.Sources);
            return;
        }

        if (value.MaybeNull && !argument.MaybeNull)
            throw Refuse(Rule.NullDereference, $"{function.Name}: R{register} is {Words.Describe(value)}, but must not be null");
        bool isTrusted = value.Kind == RegisterKind.BtfObject && (value.Marks & (RegisterMarks.Untrusted | RegisterMarks.User | RegisterMarks.PerCpu | RegisterMarks.Allocated)) == 0
            && ((value.Marks & RegisterMarks.Trusted) != 0 || value.Reference != 0);
        bool matches = isTrusted && IsUnmoved(value) && _kernel!.Begins(value.Subject, _kernel.Types[(uint)argument.Type].Name);
        if (!matches)
            throw Refuse(Rule.FunctionSignature, $"{function.Name} takes a trusted pointer to {_kernel!.NameOf(argument.Type)} in R{register}, but it is {Words.Describe(value)}");
    }

    private FrameState Push(int function, int callSite, FrameRole role)
    {
        if (State.Depth + 1 >= MachineState.MaxFrames)
            throw Refuse(Rule.StackDepth, $"{_shape.Functions[function].Name} is called {MachineState.MaxFrames} frames deep; {MachineState.MaxFrames} is the limit", "inline a function of the chain");
        State.Depth++;
        FrameState frame = State.FrameAt(State.Depth);
        frame.Reset(State.Depth, function, callSite, role);
        _facts.Enter(function);
        return frame;
    }

    /// <summary>A helper that calls back: the callback is entered on another path, on this one the helper returns.</summary>
    private void CallBack(HelperPrototype helper, in CallArguments call)
    {
        if (helper.HostName is null && helper.Id is not (HelperId.Loop or HelperId.ForEachMapElem or HelperId.TimerSetCallback))
            throw Refuse(Rule.UnsupportedFeature, $"callbacks of {helper.Name} are not supported yet");
        _facts.MarkCallback(call.Callback);
        FrameState frame = State.Frame;
        int next = _paths.NewId();
        if (helper.Id == HelperId.Loop)
        {
            RegisterState rounds = State[1];
            _paths.Need(rounds.Sources);
            if ((ulong)frame.CallbackDepth >= rounds.Value.UMax)
            {
                frame.CallbackDepth = 0;
                frame.Activation = next;
                return;
            }
        }

        _paths.Fork(Slot, Edge.EnterCallback);
        frame.CallbackDepth = 0;
        frame.Activation = next;
    }

    private int EnterCallback(in Instruction instruction)
    {
        if (instruction.IsKernelFunctionCall)
            return EnterKernelCallback(instruction);
        HelperPrototype helper = _helpers.At(Slot)!;
        CallArguments call = default;
        call.Map = -1;
        for (int i = 0; i < helper.Arguments.Length; i++)
            CheckArgument(helper, helper.Arguments[i], i + 1, ref call);
        if (helper.Id == HelperId.TimerSetCallback)
            return EnterTimer(call);

        FrameState caller = State.Frame;
        caller.CallbackDepth++;
        RegisterState context = State[helper.HostName is null ? 3 : ContextOfCallback(helper)];
        FrameState callee = Push(call.Callback, Slot, FrameRole.Callback);
        if (helper.Id == HelperId.Loop)
        {
            RegisterState rounds = caller.Registry[1];
            callee.Registry[1] = RegisterState.Number(rounds.Value.UMax is > 0 and < ulong.MaxValue ? Scalar.Unsigned(0, rounds.Value.UMax - 1) : Scalar.Unknown);
            callee.Registry[2] = context;
        }
        else if (helper.HostName is not null)
        {
            callee.Registry[1] = RegisterState.Unknown;
            callee.Registry[2] = context;
        }
        else
        {
            SetElement(callee, call.Map, call.MapIdentity);
            callee.Registry[4] = context;
        }

        // The helper comes back to its own call: the state below it is that of the call.
        return _shape.Functions[call.Callback].Start;
    }

    /// <summary>The register with what a host's helper hands to its callback: the one after the callback.</summary>
    private static int ContextOfCallback(HelperPrototype helper)
    {
        int index = 0;
        while (helper.Arguments[index].Kind != ArgumentKind.StackOrNull)
            index++;
        return index + 1;
    }

    private int EnterKernelCallback(in Instruction instruction)
    {
        KernelCall call = _kernelFunctions.At(instruction)!;
        KernelArguments found = default;
        for (int i = 0; i < call.Signature.Arguments.Length; i++)
            CheckKernelArgument(call, i, ref found);
        if (call.CallsBackLater)
            return EnterLater(found.Callback, found.Map, found.MapIdentity);
        // Two nodes are compared: the new one and one that the tree owns.
        State.Frame.CallbackDepth++;
        FrameState callee = Push(found.Callback, Slot, FrameRole.Callback);
        for (int i = 1; i <= 2; i++)
        {
            callee.Registry[i] = RegisterState.Pointer(RegisterKind.BtfObject, found.Graph.Target, RegisterMarks.Allocated | RegisterMarks.NonOwning);
            callee.Registry[i].Offset = (int)Math.Max(NodeOffset((uint)found.Graph.Target, found.Graph.Tag!), 0);
        }

        return _shape.Functions[found.Callback].Start;
    }

    private int EnterTimer(in CallArguments call) => EnterLater(call.Callback, call.TimerMap, call.TimerIdentity);

    private int EnterLater(int function, int map, int identity)
    {
        State.Start(function);
        State.Frame.Role = FrameRole.LaterCallback;
        _facts.Enter(function);
        SetElement(State.Frame, map, identity);
        return _shape.Functions[function].Start;
    }

    private void SetElement(FrameState frame, int map, int identity)
    {
        frame.Registry[1] = RegisterState.Pointer(RegisterKind.Map, map);
        frame.Registry[1].MapIdentity = identity;
        frame.Registry[2] = RegisterState.Pointer(RegisterKind.MapKey, map);
        frame.Registry[3] = RegisterState.Pointer(RegisterKind.MapValue, map);
        frame.Registry[3].MapIdentity = identity;
        frame.Registry[3].Id = LockIdentity(map);
    }

    private int EndWithZero()
    {
        State[0] = RegisterState.Constant(0);
        return Exit();
    }

    private int Exit()
    {
        FrameState frame = State.Frame;
        switch (frame.Role)
        {
            case FrameRole.Call:
                return Return(frame);
            case FrameRole.Callback:
                return ReturnFromCallback(frame);
            case FrameRole.LaterCallback:
                CheckNothingHeld("a callback");
                CheckReturned(new ReturnRange(0, 0), "a timer callback");
                return PathEnds;
        }

        CheckNothingHeld(frame.Function != 0 ? "a global function" : "the program");
        if (frame.Function != 0)
            CheckGlobalReturn(frame.Function);
        else if (_returns is { } range)
            CheckReturned(range, $"a {_typeName} program");
        else
            CheckReturnReadable();
        return PathEnds;
    }

    private int Return(FrameState frame)
    {
        ref RegisterState result = ref frame.Registry[0];
        if (result.Kind == RegisterKind.Stack && result.Subject == State.Depth)
            throw Refuse(Rule.PointerLeak, "the function returns a pointer to its own stack", "let the caller hand in the memory");
        RegisterState returned = result;
        int callSite = frame.CallSite;
        State.Depth--;
        State[0] = returned;
        return callSite + 1;
    }

    private int ReturnFromCallback(FrameState frame)
    {
        for (int i = 0; i < State.ReferenceCount; i++)
        {
            if (State.References[i].Depth >= State.Depth)
                throw Leak("the end of the callback");
        }

        CheckReturned(new ReturnRange(0, 1), "a callback");
        int callSite = frame.CallSite;
        State.Depth--;
        _paths.Generalise(callSite, isThere: false);
        return callSite;
    }

    private void CheckNothingHeld(string who)
    {
        if (State.LockId != 0)
            throw Refuse(Rule.SpinLock, $"{who} ends while a spin lock is held", "call bpf_spin_unlock() on every path");
        if (State.ReadLocks > 0)
            throw Refuse(Rule.Reference, $"{who} ends in an RCU read-side critical section", "call bpf_rcu_read_unlock() on every path");
        if (State.PreemptionLocks > 0)
            throw Refuse(Rule.Reference, $"{who} ends with preemption disabled", "call bpf_preempt_enable() on every path");
        if (State.ReferenceCount > 0)
            throw Leak($"the end of {who}");
    }

    private void CheckReturnReadable()
    {
        _operand = 0;
        if (State[0].Kind == RegisterKind.Uninitialised)
            throw Refuse(Rule.UninitialisedRegister, "R0, the return value, was not set on this path", "return a value on every path");
        if (IsStrict && State[0].IsPointer)
            throw Refuse(Rule.PointerLeak, $"the program returns {Words.Describe(State[0])}");
    }

    private void CheckGlobalReturn(int function)
    {
        if (_signatures.Of(function).ReturnsNothing)
            return;
        CheckReturnReadable();
        if (!State[0].IsScalar)
            throw Refuse(Rule.ReturnValue, $"global function {_shape.Functions[function].Name} returns {Words.Describe(State[0])}, but must return a number");
    }

    private void CheckReturned(ReturnRange range, string who)
    {
        CheckReturnReadable();
        ref RegisterState result = ref State[0];
        if (!result.IsScalar)
            throw Refuse(Rule.ReturnValue, $"{who} must return a number, but R0 is {Words.Describe(result)}");
        _paths.Need(result.Sources);
        // Security hooks return an int; of every other program all 64 bits count.
        bool isInt = _program.Type == ProgramType.Lsm && State.Frame.Role == FrameRole.Entry;
        (long min, long max) = isInt ? (result.Value.SMin32, result.Value.SMax32) : (result.Value.SMin, result.Value.SMax);
        if (min < range.Min || max > range.Max)
        {
            throw Refuse(
                Rule.ReturnValue,
                $"{who} must return {(range.Min == range.Max ? $"{range.Min}" : $"{range.Min} to {range.Max}")}, but R0 may be {Words.Range(result.Value)}",
                "return a constant, or check the value's range before returning it");
        }
    }
}
