using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Diagnostics;

/// <summary>
/// Why a register holds what it holds, read off the path that led there. Backwards from the refused instruction: the instructions that made the value. Then
/// forwards from its origin: the branches that tested it, or a copy of it. A value in a register or spilled to the stack is followed; what comes from other
/// memory begins where it is loaded.
/// </summary>
internal sealed class CausalPath
{
    /// <summary>More than this and nobody reads it.</summary>
    private const int MaxSteps = 8;

    private const int FirstArgument = 1, LastArgument = 5;

    private readonly ProgramSpec _program;
    private readonly Instruction[] _code;
    private readonly PathRecord _path;
    private readonly Disassembler _text;
    private readonly SortedDictionary<int, CausalKind> _steps = [];
    private readonly HashSet<Place> _places = [];

    private CausalPath(ProgramSpec program, ProgramShape shape, PathRecord path)
    {
        _program = program;
        _code = shape.Code;
        _path = path;
        _text = new Disassembler(program.Dialect) { Program = program.Type, FunctionName = slot => shape.FunctionStartingAt(slot) is >= 0 and var index ? shape.Functions[index].Name : null };
    }

    /// <summary>The steps that made what a register holds and that tested it, in the order of the path.</summary>
    /// <param name="program">The program.</param>
    /// <param name="shape">Its instructions.</param>
    /// <param name="path">The path; its last step is the refused instruction.</param>
    /// <param name="register">The register that is in question there; a negative number where there is none.</param>
    internal static IReadOnlyList<CausalStep> Of(ProgramSpec program, ProgramShape shape, PathRecord path, int register)
    {
        if (register < 0 || path.Count - path.First < 2)
            return [];
        CausalPath cause = new(program, shape, path);
        int depth = 0;
        int origin = cause.GoBack(register, ref depth);
        cause.GoForth(origin, depth);
        return [.. cause._steps.TakeLast(MaxSteps).Select(step => cause.Told(path[step.Key], step.Value))];
    }

    /// <summary>Finds what made the value. The answer is where that begins, with <see cref="_places"/> holding the value before it.</summary>
    private int GoBack(int register, ref int depth)
    {
        _places.Add(Place.Register(depth, register));
        int step = _path.Count - 2;
        for (; step >= _path.First && _places.Count > 0 && _steps.Count < MaxSteps; step--)
        {
            int slot = _path[step];
            ref readonly Instruction instruction = ref _code[slot];
            if (instruction.Opcode == Opcodes.Exit)
            {
                // Backwards, a return enters the function that was called.
                Move(Place.Register(depth, 0), Place.Register(depth + 1, 0));
                depth++;
                continue;
            }

            bool enters = Enters(step);
            if (enters)
                depth--;
            switch (instruction.Class)
            {
                case InstructionClass.Alu or InstructionClass.Alu64:
                    UndoArithmetic(step, instruction, depth);
                    break;
                case InstructionClass.Ldx:
                    UndoLoad(step, instruction, depth);
                    break;
                case InstructionClass.St or InstructionClass.Stx:
                    UndoStore(step, instruction, depth);
                    break;
                case InstructionClass.Ld:
                    if (_places.Remove(Place.Register(depth, instruction.IsWide ? (int)instruction.Destination : 0)))
                        _steps[step] = CausalKind.Made;
                    break;
                case InstructionClass.Jmp when instruction.Opcode is Opcodes.Call or Opcodes.CallRegister:
                    UndoCall(step, instruction, depth, enters);
                    break;
            }
        }

        return step + 1;
    }

    private bool Enters(int step) => _code[_path[step]].Opcode == Opcodes.Call && _path[step + 1] != _path[step] + 1;

    private void UndoArithmetic(int step, in Instruction instruction, int depth)
    {
        Place destination = Place.Register(depth, (int)instruction.Destination), source = Place.Register(depth, (int)instruction.Source);
        if (!_places.Contains(destination))
            return;
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        switch (instruction.Opcode & Opcodes.OperationMask)
        {
            case Opcodes.Mov:
                _places.Remove(destination);
                if (fromRegister && instruction.Source != Register.R10)
                    _places.Add(source);
                // A plain copy says nothing new.
                if (!fromRegister || instruction.Source == Register.R10 || instruction.Class == InstructionClass.Alu || instruction.Offset != 0)
                    _steps[step] = CausalKind.Made;
                return;
            case Opcodes.End or Opcodes.Neg:
                break;
            default:
                if (fromRegister)
                    _places.Add(source);
                break;
        }

        _steps[step] = CausalKind.Made;
    }

    private void UndoLoad(int step, in Instruction instruction, int depth)
    {
        if (!_places.Remove(Place.Register(depth, (int)instruction.Destination)))
            return;
        if (instruction.Source == Register.R10)
            _places.Add(Place.Stack(depth, instruction));
        else
            _steps[step] = CausalKind.Made;
    }

    private void UndoStore(int step, in Instruction instruction, int depth)
    {
        if (instruction.Class == InstructionClass.Stx && (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Atomic)
        {
            int written = instruction.Immediate == Opcodes.AtomicCompareExchange ? 0
                : instruction.Immediate == Opcodes.AtomicLoadAcquire ? (int)instruction.Destination
                : (instruction.Immediate & Opcodes.AtomicFetch) != 0 ? (int)instruction.Source
                : -1;
            if (written >= 0 && _places.Remove(Place.Register(depth, written)))
                _steps[step] = CausalKind.Made;
            return;
        }

        if (instruction.Destination != Register.R10)
            return;
        Place stored = Place.Stack(depth, instruction);
        if (instruction.Class == InstructionClass.Stx && _places.Remove(stored))
        {
            _places.Add(Place.Register(depth, (int)instruction.Source));
            return;
        }

        // A constant, or a part of what is in question: what the other part was no longer matters.
        if (_places.RemoveWhere(place => place.Overlaps(stored)) > 0)
            _steps[step] = CausalKind.Made;
    }

    private void UndoCall(int step, in Instruction instruction, int depth, bool enters)
    {
        bool touched = false;
        for (int argument = FirstArgument; argument <= LastArgument; argument++)
        {
            if (!enters)
                touched |= _places.Remove(Place.Register(depth, argument));
            else if (_places.Remove(Place.Register(depth + 1, argument)))
            {
                touched = true;
                // A helper gives its callback arguments of its own.
                if (instruction.IsLocalCall)
                    _places.Add(Place.Register(depth, argument));
            }
        }

        if (touched)
            _steps[step] = enters ? CausalKind.Entered : CausalKind.Cleared;
        if (!enters && _places.Remove(Place.Register(depth, 0)))
            _steps[step] = CausalKind.Made;
    }

    /// <summary>Finds the branches that tested the value or a copy of it.</summary>
    private void GoForth(int origin, int depth)
    {
        for (int step = origin; step < _path.Count - 1; step++)
        {
            ref readonly Instruction instruction = ref _code[_path[step]];
            bool isCause = _steps.ContainsKey(step);
            Place destination = Place.Register(depth, (int)instruction.Destination), source = Place.Register(depth, (int)instruction.Source);
            switch (instruction.Class)
            {
                case InstructionClass.Alu or InstructionClass.Alu64 when (instruction.Opcode & Opcodes.OperationMask) == Opcodes.Mov:
                    Set(destination, isCause || ((instruction.Opcode & Opcodes.SourceMask) == Opcodes.X && _places.Contains(source)));
                    break;
                case InstructionClass.Alu or InstructionClass.Alu64:
                    if (isCause)
                        _places.Add(destination);
                    break;
                case InstructionClass.Ldx:
                    Set(destination, isCause || (instruction.Source == Register.R10 && _places.Contains(Place.Stack(depth, instruction))));
                    break;
                case InstructionClass.Stx when instruction.Destination == Register.R10 && (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Mem:
                    Set(Place.Stack(depth, instruction), _places.Contains(source));
                    break;
                case InstructionClass.Ld when instruction.IsWide:
                    Set(destination, isCause);
                    break;
                case InstructionClass.Jmp or InstructionClass.Jmp32:
                    depth = GoOverJump(step, instruction, depth, isCause);
                    break;
            }
        }
    }

    private int GoOverJump(int step, in Instruction instruction, int depth, bool isCause)
    {
        switch (instruction.Opcode)
        {
            case Opcodes.Jump or Opcodes.JumpLong or Opcodes.MayGoto:
                return depth;
            case Opcodes.Exit:
                bool returns = _places.Contains(Place.Register(depth, 0));
                _places.RemoveWhere(place => place.Depth >= depth);
                Set(Place.Register(depth - 1, 0), returns);
                return depth - 1;
            case Opcodes.Call or Opcodes.CallRegister:
                if (!Enters(step))
                {
                    Set(Place.Register(depth, 0), isCause);
                    for (int argument = FirstArgument; argument <= LastArgument; argument++)
                        _places.Remove(Place.Register(depth, argument));
                    return depth;
                }

                for (int argument = FirstArgument; argument <= LastArgument; argument++)
                    Move(Place.Register(depth, argument), Place.Register(depth + 1, argument));
                return depth + 1;
            default:
                bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
                bool tests = _places.Contains(Place.Register(depth, (int)instruction.Destination))
                    || (fromRegister && _places.Contains(Place.Register(depth, (int)instruction.Source)));
                if (tests)
                    _steps[step] = _path[step + 1] == _path[step] + 1 && instruction.Offset != 0 ? CausalKind.NotTaken : CausalKind.Taken;
                return depth;
        }
    }

    private void Set(Place place, bool isIn)
    {
        _places.RemoveWhere(place.Overlaps);
        if (isIn)
            _places.Add(place);
    }

    private void Move(Place from, Place to)
    {
        if (_places.Remove(from))
            _places.Add(to);
    }

    private CausalStep Told(int slot, CausalKind kind)
    {
        int line = SourceLines.IndexAt(_program.Lines, slot);
        return new CausalStep(slot, _text.Text(_code, slot), kind, line >= 0 ? _program.Lines[line] : null);
    }

    /// <summary>Where a value is: a register or bytes of the stack of the frame so many calls away from the refused instruction.</summary>
    private readonly record struct Place(int Depth, int Start, int Size)
    {
        // Registers lie above every offset of the stack.
        private const int Registers = 1024;

        internal static Place Register(int depth, int register) => new(depth, Registers + register, 1);

        internal static Place Stack(int depth, in Instruction access) => new(depth, access.Offset, (access.Opcode & Opcodes.SizeMask) switch
        {
            Opcodes.B => 1,
            Opcodes.H => 2,
            Opcodes.W => 4,
            _ => 8,
        });

        internal bool Overlaps(Place other) => Depth == other.Depth && Start < other.Start + other.Size && other.Start < Start + Size;
    }
}
