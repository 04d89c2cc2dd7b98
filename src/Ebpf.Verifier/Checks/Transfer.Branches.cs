using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>Conditional jumps: which ways are possible, and what each way says about the operands.</summary>
internal sealed partial class Transfer
{
    private int Branch(in Instruction instruction)
    {
        ref RegisterState left = ref Read(instruction.Destination);
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        RegisterState right = fromRegister ? Read(instruction.Source) : ImmediateOperand(instruction);
        switch (Decide(instruction, left, right, fromRegister))
        {
            case BranchOutcome.Always:
                NeedNumbers(left, right);
                _facts.Branch(Slot, taken: true);
                return ProgramShape.JumpTarget(instruction, Slot);
            case BranchOutcome.Never:
                NeedNumbers(left, right);
                _facts.Branch(Slot, taken: false);
                return Slot + 1;
        }

        if (IsStrict && (left.IsPointer || right.IsPointer) && !left.IsPacketPointer && !right.IsPacketPointer && !left.IsZero && !right.IsZero)
            throw Refuse(Rule.PointerLeak, $"R{(int)instruction.Destination}, {Words.Describe(left)}, is compared with {Words.Describe(right)}");
        _facts.Branch(Slot, taken: true);
        _facts.Branch(Slot, taken: false);
        _paths.Fork(Slot, Edge.Taken);
        return Assume(instruction, taken: false) ? Slot + 1 : PathEnds;
    }

    private static RegisterState ImmediateOperand(in Instruction instruction) =>
        RegisterState.Constant(instruction.Class == InstructionClass.Jmp ? (ulong)instruction.Immediate : (uint)instruction.Immediate);

    private void NeedNumbers(in RegisterState left, in RegisterState right)
    {
        ulong sources = (left.IsScalar ? left.Sources : 0) | (right.IsScalar ? right.Sources : 0);
        if (sources != 0)
            _paths.Need(sources);
    }

    private static BranchOutcome Decide(in Instruction instruction, in RegisterState left, in RegisterState right, bool fromRegister)
    {
        Comparison comparison = Comparisons.Of(instruction.Opcode);
        OperandWidth width = WidthOf(instruction);
        if (left.IsScalar && right.IsScalar)
        {
            bool same = fromRegister && ((instruction.Destination == instruction.Source) || (left.Id != 0 && left.Id == right.Id && left.Size == right.Size));
            return same && SameOperands(comparison) is var outcome and not BranchOutcome.Unknown
                ? outcome
                : Scalar.Decide(comparison, left.Value, right.Value, width);
        }

        if (width == OperandWidth.Bits32)
            return BranchOutcome.Unknown;
        bool equality = comparison is Comparison.Equal or Comparison.NotEqual;
        bool comparesWithNull = equality && ((IsNeverNull(left) && right.IsZero) || (IsNeverNull(right) && left.IsZero));
        if (comparesWithNull)
            return comparison == Comparison.Equal ? BranchOutcome.Never : BranchOutcome.Always;
        return DecidePacket(comparison, left, right);
    }

    private static BranchOutcome SameOperands(Comparison comparison) => comparison switch
    {
        Comparison.Equal or Comparison.GreaterOrEqual or Comparison.LessOrEqual or Comparison.SignedGreaterOrEqual or Comparison.SignedLessOrEqual => BranchOutcome.Always,
        Comparison.AnySet => BranchOutcome.Unknown,
        _ => BranchOutcome.Never,
    };

    private static OperandWidth WidthOf(in Instruction instruction) =>
        instruction.Class == InstructionClass.Jmp ? OperandWidth.Bits64 : OperandWidth.Bits32;

    /// <remarks>reg_not_null in the kernel's verifier, which leaves stack and context out.</remarks>
    private static bool IsNeverNull(in RegisterState pointer) =>
        !pointer.MaybeNull
        // An offset without bounds can wrap round to zero.
        && pointer.Value.SMin > -MaxOffset && pointer.Value.SMax < MaxOffset
        && (pointer.Marks & RegisterMarks.Untrusted) == 0
        && pointer.Kind is RegisterKind.Map or RegisterKind.MapValue or RegisterKind.MapKey or RegisterKind.Memory
            or RegisterKind.Socket or RegisterKind.SocketCommon or RegisterKind.TcpSocket or RegisterKind.XdpSocket;

    /// <summary>Keeps of the working state what is possible where the jump is taken or not. False where that cannot be.</summary>
    private bool Assume(in Instruction instruction, bool taken)
    {
        ref RegisterState left = ref State[(int)instruction.Destination];
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        Comparison comparison = Comparisons.Of(instruction.Opcode);
        OperandWidth width = WidthOf(instruction);
        RegisterState immediate = default;
        if (!fromRegister)
            immediate = ImmediateOperand(instruction);
        ref RegisterState right = ref fromRegister ? ref State[(int)instruction.Source] : ref immediate;

        if (left.IsScalar && right.IsScalar)
            return AssumeNumbers(comparison, width, ref left, ref right, taken);
        if (width == OperandWidth.Bits32)
            return true;
        if (comparison is Comparison.Equal or Comparison.NotEqual)
            AssumeNullness(ref left, ref right, equal: taken == (comparison == Comparison.Equal));
        else
            AssumePacket(taken ? comparison : comparison.Negated(), ref left, ref right);
        return true;
    }

    private bool AssumeNumbers(Comparison comparison, OperandWidth width, ref RegisterState left, ref RegisterState right, bool taken)
    {
        Scalar refinedLeft = left.Value, refinedRight = right.Value;
        if (!Scalar.Refine(comparison, ref refinedLeft, ref refinedRight, taken, width))
        {
            _paths.Need(left.Sources | right.Sources);
            return false;
        }

        // What is learned of one operand rests on the value of the other.
        ulong sources = left.Sources | right.Sources;
        bool leftChanged = refinedLeft != left.Value, rightChanged = refinedRight != right.Value;
        if (leftChanged)
        {
            left.Value = refinedLeft;
            left.Sources = sources;
            if (left.Id != 0)
                Propagate(left);
        }

        if (rightChanged)
        {
            right.Value = right.Value.Intersect(refinedRight);
            right.Sources = sources;
            if (right.Id != 0)
                Propagate(right);
        }

        return !left.Value.IsEmpty && !right.Value.IsEmpty;
    }

    /// <summary>What was learned of a number holds, at their distance, for all that are linked to it.</summary>
    private void Propagate(in RegisterState known)
    {
        RegisterState learned = known;
        foreach (ref RegisterState other in new ValuesOf(State))
        {
            if (!other.IsScalar || other.Id != learned.Id)
                continue;
            other.Value = other.Size == learned.Size
                ? learned.Value
                : other.Value.Intersect(learned.Value.Add(Scalar.Constant((long)other.Size - learned.Size)));
            other.Sources |= learned.Sources;
        }
    }

    private void AssumeNullness(ref RegisterState left, ref RegisterState right, bool equal)
    {
        if (left.MaybeNull && right.IsZero)
        {
            _paths.Need(right.Sources);
            ResolveNull(left.Id, equal);
        }
        else if (right.MaybeNull && left.IsZero)
        {
            _paths.Need(left.Sources);
            ResolveNull(right.Id, equal);
        }
        else if (equal && left.MaybeNull && IsNeverNull(right))
        {
            ResolveNull(left.Id, isNull: false);
        }
        else if (equal && right.MaybeNull && IsNeverNull(left))
        {
            ResolveNull(right.Id, isNull: false);
        }
    }

    private void ResolveNull(int id, bool isNull)
    {
        foreach (ref RegisterState value in new ValuesOf(State))
        {
            if (!value.IsPointer || value.Id != id || !value.MaybeNull)
                continue;
            if (isNull)
            {
                // A reference that turns out null was never acquired.
                // A cast's result has another identity than the object that it is of, which is still held.
                if (value.Reference == id)
                    State.TryRelease(value.Reference);
                value = RegisterState.Constant(0);
                continue;
            }

            value.Marks &= ~RegisterMarks.MaybeNull;
            // The id of a map value names the lock inside it; any other has done its work.
            if (value.Kind != RegisterKind.MapValue && (value.Marks & RegisterMarks.Allocated) == 0)
                value.Id = 0;
        }
    }
}
