using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>What an argument of a global function is.</summary>
internal enum GlobalArgumentKind : byte
{
    /// <summary>A number.</summary>
    Scalar,

    /// <summary>The program's context.</summary>
    Context,

    /// <summary>A pointer to memory of the size of its type.</summary>
    Memory,

    /// <summary>A kernel object that is sure to be there (<c>__arg_trusted</c>).</summary>
    Trusted,

    /// <summary>A kernel object, or memory, of which nothing is sure (<c>__arg_untrusted</c>).</summary>
    Untrusted,

    /// <summary>An address in the arena (<c>__arg_arena</c>).</summary>
    Arena,

    /// <summary>A dynptr.</summary>
    Dynptr,
}

/// <summary>An argument of a global function.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes, for memory.</param>
/// <param name="MaybeNull">Whether it may be null.</param>
/// <param name="Type">The kernel structure that it points to; 0 for none.</param>
internal readonly record struct GlobalArgument(GlobalArgumentKind Kind, int Size = 0, bool MaybeNull = false, int Type = 0);

/// <summary>A global function by its declaration.</summary>
/// <param name="Arguments">R1 on.</param>
/// <param name="ReturnsNothing">Whether it returns void.</param>
/// <param name="Refusal">Why it cannot be verified on its own; null where it can.</param>
internal sealed record GlobalSignature(GlobalArgument[] Arguments, bool ReturnsNothing, string? Refusal);

/// <summary>The signatures of global functions, from the object's types, and which of them were called.</summary>
/// <remarks>btf_prepare_func_args in the kernel's btf.c.</remarks>
internal sealed class GlobalSignatures
{
    private readonly ProgramSpec _program;
    private readonly ProgramShape _shape;
    private readonly ContextLayout _context;
    private readonly KernelObjects? _kernel;
    private readonly GlobalSignature?[] _signatures;
    private readonly bool[] _called;
    private readonly bool[] _changesPacket;
    private readonly Queue<int> _waiting = new();

    internal GlobalSignatures(ProgramSpec program, ProgramShape shape, HelperTable helpers, CallGraph calls, ContextLayout context, KernelObjects? kernel)
    {
        _program = program;
        _shape = shape;
        _context = context;
        _kernel = kernel;
        _signatures = new GlobalSignature?[shape.Functions.Length];
        _called = new bool[shape.Functions.Length];
        _changesPacket = FindPacketChanges(shape, helpers, calls);
    }

    internal GlobalSignature Of(int function) => _signatures[function] ??= Read(_shape.Functions[function]);

    internal void MarkCalled(int function)
    {
        if (_called[function])
            return;
        _called[function] = true;
        _waiting.Enqueue(function);
    }

    /// <summary>The next function that is called and was not verified yet.</summary>
    internal bool TryNext(out int function) => _waiting.TryDequeue(out function);

    /// <summary>Whether a function, or one that it calls, calls a helper that may move the packet.</summary>
    internal bool ChangesPacket(int function) => _changesPacket[function];

    /// <summary>The state in which a global function begins.</summary>
    internal void Begin(int function, MachineState state, IPaths paths)
    {
        state.Start(function);
        GlobalArgument[] arguments = Of(function).Arguments;
        for (int i = 0; i < arguments.Length; i++)
        {
            ref RegisterState register = ref state[i + 1];
            switch (arguments[i].Kind)
            {
                case GlobalArgumentKind.Scalar:
                    register = RegisterState.Unknown;
                    break;
                case GlobalArgumentKind.Context:
                    register = RegisterState.Pointer(RegisterKind.Context);
                    break;
                case GlobalArgumentKind.Arena:
                    register = RegisterState.Pointer(RegisterKind.Arena);
                    break;
                case GlobalArgumentKind.Dynptr:
                    register = RegisterState.Pointer(RegisterKind.DynptrHandle);
                    register.Id = paths.NewId();
                    break;
                case GlobalArgumentKind.Untrusted:
                    register = arguments[i].Type != 0
                        ? RegisterState.Pointer(RegisterKind.BtfObject, arguments[i].Type, RegisterMarks.Untrusted)
                        : RegisterState.Pointer(RegisterKind.Memory, marks: RegisterMarks.Untrusted | RegisterMarks.ReadOnly);
                    break;
                case GlobalArgumentKind.Trusted:
                    register = RegisterState.Pointer(RegisterKind.BtfObject, arguments[i].Type, RegisterMarks.Trusted | (arguments[i].MaybeNull ? RegisterMarks.MaybeNull : RegisterMarks.None));
                    register.Id = paths.NewId();
                    break;
                default:
                    register = RegisterState.Pointer(RegisterKind.Memory, marks: arguments[i].MaybeNull ? RegisterMarks.MaybeNull : RegisterMarks.None);
                    register.Size = arguments[i].Size;
                    register.Id = paths.NewId();
                    break;
            }
        }
    }

    private GlobalSignature Read(in FunctionRange function)
    {
        if (_program.Types is not { } types || function.TypeId == 0)
            return Refused("its type is not known (the object has no BTF for it)");
        try
        {
            BtfType declaration = types[function.TypeId];
            if (declaration.Kind != BtfKind.Func)
                return Refused("its BTF is not that of a function");
            BtfType prototype = types.SkipModifiers(declaration.ReferencedType);
            if (prototype.Kind != BtfKind.FuncProto)
                return Refused("its BTF has no prototype");
            BtfType result = types.SkipModifiers(prototype.ReferencedType);
            bool isVoid = result.Kind == BtfKind.Void;
            if (!isVoid && result.Kind is not (BtfKind.Int or BtfKind.Enum or BtfKind.Enum64))
                return Refused("it must return a number");
            if (prototype.Parameters.Count > 5)
                return Refused("it has more than five arguments");
            List<GlobalArgument> arguments = [];
            foreach (BtfParameter parameter in prototype.Parameters)
            {
                if (ReadArgument(types, function.TypeId, parameter, arguments.Count) is not { } argument)
                    return Refused($"argument {arguments.Count + 1} ({parameter.Name}) has a type that is not supported");
                arguments.Add(argument);
            }

            return new GlobalSignature([.. arguments], isVoid, null);
        }
        catch (BpfException error)
        {
            return Refused(error.Message);
        }
    }

    private static GlobalSignature Refused(string why) => new([], false, why);

    private GlobalArgument? ReadArgument(BtfView types, uint function, in BtfParameter parameter, int index)
    {
        BtfType type = types.SkipModifiers(parameter.Type);
        if (type.Kind is BtfKind.Int or BtfKind.Enum or BtfKind.Enum64)
            return new GlobalArgument(GlobalArgumentKind.Scalar);
        if (type.Kind != BtfKind.Ptr)
            return null;
        bool isContext = false, isNotNull = false, isNullable = false, isTrusted = false, isUntrusted = false, isArena = false;
        foreach (BtfType tag in types.DeclTags(function))
        {
            if (tag.ComponentIndex != index)
                continue;
            switch (tag.Name)
            {
                case "arg:ctx":
                    isContext = true;
                    break;
                case "arg:nonnull":
                    isNotNull = true;
                    break;
                case "arg:nullable":
                    isNullable = true;
                    break;
                case "arg:trusted":
                    isTrusted = true;
                    break;
                case "arg:untrusted":
                    isUntrusted = true;
                    break;
                case "arg:arena":
                    isArena = true;
                    break;
                default:
                    if (tag.Name.StartsWith("arg:", StringComparison.Ordinal))
                        return null;
                    break;
            }
        }

        if (isContext || IsContextType(types, type.ReferencedType))
            return new GlobalArgument(GlobalArgumentKind.Context);
        BtfType target = types.SkipModifiers(type.ReferencedType);
        if (isUntrusted && (isTrusted || isNullable || isNotNull || isContext || isArena))
            return null;
        if (isArena)
            return new GlobalArgument(GlobalArgumentKind.Arena);
        if (target.Kind == BtfKind.Struct && target.Name is "bpf_dynptr" or "bpf_dynptr_kern")
            return new GlobalArgument(GlobalArgumentKind.Dynptr);
        if (isTrusted || isUntrusted)
        {
            GlobalArgumentKind kind = isTrusted ? GlobalArgumentKind.Trusted : GlobalArgumentKind.Untrusted;
            if (!target.IsComposite && target.Kind != BtfKind.Fwd)
                return isTrusted ? null : new GlobalArgument(kind);
            int known = _kernel?.Find(KernelFunctions.WithoutFlavor(target.Name)) ?? 0;
            return known == 0 ? null : new GlobalArgument(kind, MaybeNull: isNullable, Type: known);
        }

        bool sized = target.Kind is not (BtfKind.Void or BtfKind.Fwd or BtfKind.Func or BtfKind.FuncProto);
        if (!sized)
            return null;
        uint size = types.SizeOf(target.Id);
        return size is > 0 and < Transfer.MaxOffset ? new GlobalArgument(GlobalArgumentKind.Memory, (int)size, !isNotNull) : null;
    }

    private bool IsContextType(BtfView types, uint id)
    {
        // A typedef may be the name that counts (bpf_user_pt_regs_t).
        for (int depth = 0; depth < 16; depth++)
        {
            BtfType type = types[id];
            string name = type.Name;
            if (type.Kind is BtfKind.Struct or BtfKind.Typedef && name.Length > 0 && (_context.Name == "struct " + name || _context.Name == name || IsRegisters(name)))
                return true;
            if (!type.IsModifierOrTypedef)
                return false;
            id = type.ReferencedType;
        }

        return false;
    }

    private bool IsRegisters(string name) =>
        _program.Type == ProgramType.Kprobe && name is "pt_regs" or "user_pt_regs" or "bpf_user_pt_regs_t";

    private static bool[] FindPacketChanges(ProgramShape shape, HelperTable helpers, CallGraph calls)
    {
        bool[] changes = new bool[shape.Functions.Length];
        bool[] isDone = new bool[shape.Functions.Length];
        foreach (int index in calls.CalleesFirst)
        {
            FunctionRange function = shape.Functions[index];
            for (int slot = function.Start; slot < function.End; slot++)
            {
                ref readonly Instruction instruction = ref shape.Code[slot];
                changes[index] |= instruction.IsHelperCall && helpers.At(slot) is { } helper && helper.Has(HelperFlags.ChangesPacket);
                if (instruction.IsWide)
                    slot++;
            }

            // A callback counts too; one that names a function of its own chain is taken to change the packet.
            foreach (CallEdge edge in calls.Calls[index])
                changes[index] |= changes[edge.Callee] || !isDone[edge.Callee];
            isDone[index] = true;
        }

        return changes;
    }
}
