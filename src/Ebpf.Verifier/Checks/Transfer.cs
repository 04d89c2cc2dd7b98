using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>
/// What each instruction does to the working state, and whether it may: transfer functions and checks. It knows one state and one instruction at a
/// time and never in which order paths are explored.
/// </summary>
internal sealed partial class Transfer
{
    /// <summary>The path ends here.</summary>
    internal const int PathEnds = -1;

    private readonly ProgramSpec _program;
    private readonly ProgramShape _shape;
    private readonly Instruction[] _code;
    private readonly MapTable _maps;
    private readonly VerifierOptions _options;
    private readonly FactCollector _facts;
    private readonly Liveness _liveness;
    private readonly IPaths _paths;
    private readonly HelperTable _helpers;
    private readonly KernelFunctionTable _kernelFunctions;
    private readonly int? _exceptionCallback;
    private readonly GlobalSignatures _signatures;
    private readonly KernelObjects? _kernel;
    private readonly ReturnRange? _returns;
    private readonly string _typeName;
    private readonly ContextLayout _context;

    internal Transfer(ProgramSpec program, ProgramShape shape, MapTable maps, Liveness liveness, HelperTable helpers, KernelFunctionTable kernelFunctions, GlobalSignatures signatures, VerifierOptions options, ContextLayout context, KernelObjects? kernel,
        FactCollector facts, MachineState state, IPaths paths)
    {
        _program = program;
        _shape = shape;
        _code = shape.Code;
        _maps = maps;
        _liveness = liveness;
        _options = options;
        _context = context;
        _facts = facts;
        _paths = paths;
        _helpers = helpers;
        _kernelFunctions = kernelFunctions;
        _exceptionCallback = ExceptionCallback.Find(program, shape);
        _signatures = signatures;
        _kernel = kernel;
        _typeName = options.Host?.Name ?? program.Type.Text();
        _returns = options.Host is { } host ? host.Returns : ReturnRanges.For(program.Type, program.AttachType, program.Dialect) ?? TracingContext.HookResult(program, options.KernelTypes);
        State = state;
    }

    /// <summary>The working state.</summary>
    internal MachineState State { get; }

    /// <summary>The instruction that is looked at.</summary>
    internal int Slot { get; private set; }

    /// <summary>The register that is looked at: the one in question where the instruction is refused. Negative before the first.</summary>
    private int _operand = -1;

    private bool IsStrict => _options.Policy == VerifierPolicy.Strict || _program.Dialect == Dialect.Windows;

    /// <summary>Applies the instruction at a slot to the working state and gives the next slot, or <see cref="PathEnds"/>.</summary>
    /// <exception cref="Refusal">The instruction may not be executed in this state.</exception>
    internal int Step(int slot)
    {
        Slot = slot;
        _operand = -1;
        ref readonly Instruction instruction = ref _code[slot];
        _facts.Reach(slot);
        switch (instruction.Class)
        {
            case InstructionClass.Alu or InstructionClass.Alu64:
                CheckWritable(instruction.Destination);
                Compute(instruction);
                return slot + 1;
            case InstructionClass.Ldx:
                CheckWritable(instruction.Destination);
                Load(instruction);
                return slot + 1;
            case InstructionClass.St:
                StoreImmediate(instruction);
                return slot + 1;
            case InstructionClass.Stx:
                if ((instruction.Opcode & Opcodes.ModeMask) == Opcodes.Atomic)
                    Atomic(instruction);
                else
                    StoreRegister(instruction);
                return slot + 1;
            case InstructionClass.Ld:
                if (instruction.IsWide)
                {
                    CheckWritable(instruction.Destination);
                    LoadWide(instruction);
                    return slot + 2;
                }

                LoadLegacyPacket(instruction);
                return slot + 1;
            default:
                return Jump(instruction);
        }
    }

    private int Jump(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcodes.Jump or Opcodes.JumpLong:
                return ProgramShape.JumpTarget(instruction, Slot);
            case Opcodes.Exit:
                return Exit();
            case Opcodes.Call:
                return Call(instruction);
            case Opcodes.MayGoto:
                // The way out first: what it needs to know is then known when the loop goes round.
                _paths.Fork(Slot, Edge.MayGotoStays);
                return ProgramShape.JumpTarget(instruction, Slot);
            default:
                return Branch(instruction);
        }
    }

    /// <summary>Takes up a fork: applies its edge to the working state and gives the next slot, or <see cref="PathEnds"/> where that way cannot be gone.</summary>
    internal int Resume(int slot, Edge edge)
    {
        Slot = slot;
        ref readonly Instruction instruction = ref _code[slot];
        return edge switch
        {
            Edge.Taken => Assume(instruction, taken: true) ? ProgramShape.JumpTarget(instruction, slot) : PathEnds,
            Edge.MayGotoStays => StayInLoop(),
            Edge.EnterCallback => EnterCallback(instruction),
            Edge.TailCallReturns => ReturnFromTailCall(),
            Edge.IteratorYields => YieldElement(),
            Edge.LockFails => FailToLock(),
            Edge.MaskIsZero => ContinueWithZero(instruction),
            _ => EndWithZero(),
        };
    }

    private int StayInLoop()
    {
        State.MayGotoDepth++;
        _paths.Generalise(Slot, isThere: true);
        return Slot + 1;
    }

    private void CheckWritable(Register register)
    {
        if (register == Register.R10)
            throw Refuse(Rule.FramePointerWrite, "R10, the frame pointer, may only be read");
    }

    private ref RegisterState Read(Register register)
    {
        _operand = (int)register;
        ref RegisterState state = ref State[(int)register];
        if (state.Kind == RegisterKind.Uninitialised)
            throw Unreadable((int)register);
        return ref state;
    }

    private Refusal Unreadable(int register) => Refuse(
        Rule.UninitialisedRegister,
        register is >= 1 and <= 5 ? $"R{register} is read, but nothing was put into it on this path (calls clear R1 to R5)" : $"R{register} is read, but nothing was put into it on this path",
        "give the variable a value on every path before it is used");

    private Refusal Refuse(Rule rule, string reason, string suggestion = "") => new(rule, Slot, reason, suggestion, _operand);

    private static int SizeOf(byte opcode) => (opcode & Opcodes.SizeMask) switch
    {
        Opcodes.B => 1,
        Opcodes.H => 2,
        Opcodes.W => 4,
        _ => 8,
    };
}
