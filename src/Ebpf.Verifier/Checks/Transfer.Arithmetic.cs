using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Arithmetic on numbers, and moves.</summary>
internal sealed partial class Transfer
{
    private void Compute(in Instruction instruction)
    {
        bool wide = instruction.Class == InstructionClass.Alu64;
        int operation = instruction.Opcode & Opcodes.OperationMask;
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        switch (operation)
        {
            case Opcodes.Mov:
                Move(instruction, wide, fromRegister);
                return;
            case Opcodes.Neg:
                Negate(instruction, wide);
                return;
            case Opcodes.End:
                SwapBytes(instruction, wide, fromRegister);
                return;
        }

        ref RegisterState destination = ref Read(instruction.Destination);
        RegisterState operand = fromRegister
            ? Read(instruction.Source)
            : RegisterState.Constant(wide ? (ulong)instruction.Immediate : (uint)instruction.Immediate);

        if (!fromRegister)
            CheckConstantOperand(operation, instruction.Immediate, wide);
        // Whatever is done to an address in the arena, the engine keeps it within.
        if (destination.Kind == RegisterKind.Arena)
            return;
        if (operand.Kind == RegisterKind.Arena && wide)
        {
            destination = operand;
            return;
        }

        if (destination.IsPointer || operand.IsPointer)
        {
            PointerArithmetic(instruction, ref destination, operand, operation, wide);
            return;
        }

        if (!fromRegister && operation is Opcodes.And or Opcodes.Or)
            SplitMask(ref destination);

        // A linked number plus a constant stays linked, at a distance.
        bool keepsLink = wide && operation is Opcodes.Add or Opcodes.Sub && destination.Id != 0 && operand.Value.IsConstant;
        if (keepsLink)
        {
            long distance = operation == Opcodes.Add ? destination.Size + (long)operand.Value.Value : destination.Size - (long)operand.Value.Value;
            keepsLink = (long)operand.Value.Value == (int)operand.Value.Value && distance == (int)distance && Math.Abs(distance) < 1 << 30;
            destination.Size = keepsLink ? (int)distance : 0;
        }

        if (!keepsLink)
            Unlink(ref destination);
        destination.Subject = 0;

        // xor and subtraction of a register with itself give zero whatever it holds.
        bool self = fromRegister && instruction.Source == instruction.Destination && operation is Opcodes.Xor or Opcodes.Sub;
        if (self)
        {
            destination = RegisterState.Constant(0);
            return;
        }

        bool signed = instruction.Offset == 1;
        // A shift by more than the width means one thing here and another there: as on Linux, nothing is known of its result.
        bool isWildShift = operation is Opcodes.Lsh or Opcodes.Rsh or Opcodes.Arsh && (wide ? operand.Value.UMax >= 64 : operand.Value.UMax32 >= 32);
        destination.Value = isWildShift ? Scalar.OfWidth(wide ? 64 : 32) : wide
            ? Compute64(operation, signed, destination.Value, operand.Value)
            : Compute32(operation, signed, destination.Value, operand.Value);
        destination.Sources |= operand.Sources;
        if (destination.Value.IsConstant)
            Unlink(ref destination);
    }

    /// <summary>A mask made of a sign, 0 or -1, selects one of two values: each is looked at by itself.</summary>
    /// <remarks>maybe_fork_scalars in the kernel's verifier.</remarks>
    private void SplitMask(ref RegisterState mask)
    {
        bool whole = mask.Value is { SMin: -1, SMax: 0 };
        bool half = !whole && mask.Value is { SMin32: -1, SMax32: 0, UMax: <= uint.MaxValue };
        if (!whole && !half)
            return;
        _paths.Fork(Slot, Edge.MaskIsZero);
        mask.Value = Scalar.Constant(whole ? ulong.MaxValue : uint.MaxValue);
        Unlink(ref mask);
    }

    private int ContinueWithZero(in Instruction instruction)
    {
        ref RegisterState mask = ref State[(int)instruction.Destination];
        mask.Value = Scalar.Constant(0ul);
        Unlink(ref mask);
        return Step(Slot);
    }

    /// <summary>Where they can be reached, operations that mean nothing are refused.</summary>
    private void CheckConstantOperand(int operation, int value, bool wide)
    {
        if (operation is Opcodes.Div or Opcodes.Mod && value == 0)
            throw Refuse(Rule.InvalidInstruction, "a division by the constant zero");
        if (operation is Opcodes.Lsh or Opcodes.Rsh or Opcodes.Arsh && (uint)value >= (wide ? 64u : 32u))
            throw Refuse(Rule.InvalidInstruction, $"a shift by {value}, as much as or more than the operand's width");
    }

    private static Scalar Compute64(int operation, bool signed, in Scalar left, in Scalar right) => operation switch
    {
        Opcodes.Add => left.Add(right),
        Opcodes.Sub => left.Sub(right),
        Opcodes.Mul => left.Mul(right),
        Opcodes.Div => signed ? left.SignedDiv(right) : left.Div(right),
        Opcodes.Mod => signed ? left.SignedMod(right) : left.Mod(right),
        Opcodes.And => left.And(right),
        Opcodes.Or => left.Or(right),
        Opcodes.Xor => left.Xor(right),
        Opcodes.Lsh => left.ShiftLeft(right),
        Opcodes.Rsh => left.ShiftRight(right),
        _ => left.ShiftRightSigned(right),
    };

    private static Scalar Compute32(int operation, bool signed, in Scalar left, in Scalar right) => operation switch
    {
        Opcodes.Add => left.Add32(right),
        Opcodes.Sub => left.Sub32(right),
        Opcodes.Mul => left.Mul32(right),
        Opcodes.Div => signed ? left.SignedDiv32(right) : left.Div32(right),
        Opcodes.Mod => signed ? left.SignedMod32(right) : left.Mod32(right),
        Opcodes.And => left.And32(right),
        Opcodes.Or => left.Or32(right),
        Opcodes.Xor => left.Xor32(right),
        Opcodes.Lsh => left.ShiftLeft32(right),
        Opcodes.Rsh => left.ShiftRight32(right),
        _ => left.ShiftRightSigned32(right),
    };

    private void Move(in Instruction instruction, bool wide, bool fromRegister)
    {
        ref RegisterState destination = ref State[(int)instruction.Destination];
        if (!fromRegister)
        {
            destination = RegisterState.Constant(wide ? (ulong)instruction.Immediate : (uint)instruction.Immediate);
            return;
        }

        ref RegisterState source = ref Read(instruction.Source);
        if (instruction.IsAddressSpaceCast)
        {
            destination = CastAddress(instruction);
            return;
        }

        int width = instruction.Offset;
        if (wide && width == 0)
        {
            Link(ref source);
            destination = source;
            return;
        }

        if (source.IsPointer)
        {
            // Part of a pointer is a number that nothing is known of; only root may have it.
            if (IsStrict)
                throw Refuse(Rule.PointerLeak, $"R{(int)instruction.Source} is {Words.Describe(source)}, and part of it is copied as a number");
            destination = RegisterState.Number(wide ? Scalar.Unknown : Scalar.OfWidth(32));
            return;
        }

        Scalar value = (wide, width) switch
        {
            (true, _) => source.Value.SignExtend(width),
            (false, 0) => source.Value.ZeroExtend32(),
            _ => source.Value.SignExtend32(width),
        };
        // Where the move changes nothing, both hold the same number.
        bool same = (wide, width) switch
        {
            (true, _) => source.Value.SMin >= -(1L << (width - 1)) && source.Value.SMax < 1L << (width - 1),
            (false, 0) => source.Value.UMax <= uint.MaxValue,
            _ => source.Value.UMax < 1ul << (width - 1),
        };
        if (same)
        {
            Link(ref source);
            RegisterState copy = source;
            destination = copy;
            return;
        }

        ulong sources = source.Sources;
        destination = RegisterState.Number(value);
        destination.Sources = sources;
    }

    /// <summary>A pointer into the arena as the program sees it becomes one that can be used, or the other way round.</summary>
    private RegisterState CastAddress(in Instruction instruction)
    {
        if (_options.Target != VerifierTarget.Linux)
            throw Refuse(Rule.UnsupportedFeature, "an address space cast (arena); only a Linux kernel has arenas");
        if (!_maps.HasArena)
            throw Refuse(Rule.MapType, "an address space cast in a program that uses no arena");
        return instruction.Immediate == 1 ? RegisterState.Pointer(RegisterKind.Arena) : RegisterState.Unknown;
    }

    /// <summary>Gives a number that is about to be copied an identity, so that what is learned of one copy is learned of all.</summary>
    private void Link(ref RegisterState source)
    {
        if (source.IsScalar && source.Id == 0 && !source.Value.IsConstant)
        {
            source.Id = _paths.NewId();
            source.Size = 0;
        }
    }

    private static void Unlink(ref RegisterState scalar)
    {
        scalar.Id = 0;
        scalar.Size = 0;
        scalar.Subject = 0;
    }

    private void Negate(in Instruction instruction, bool wide)
    {
        ref RegisterState destination = ref Read(instruction.Destination);
        if (destination.IsPointer)
        {
            if (IsStrict)
                throw Refuse(Rule.PointerArithmetic, $"R{(int)instruction.Destination} is {Words.Describe(destination)}; it cannot be negated");
            destination = UnknownOfSize(wide ? 8 : 4);
            return;
        }

        destination.Value = wide ? destination.Value.Neg() : destination.Value.Neg32();
        Unlink(ref destination);
    }

    private void SwapBytes(in Instruction instruction, bool wide, bool toBig)
    {
        ref RegisterState destination = ref Read(instruction.Destination);
        int bits = instruction.Immediate;
        if (destination.IsPointer)
        {
            if (IsStrict)
                throw Refuse(Rule.PointerArithmetic, $"R{(int)instruction.Destination} is {Words.Describe(destination)}; its bytes cannot be swapped");
            destination = UnknownOfSize(bits / 8);
            return;
        }

        // The engines run little-endian programs: "to little" only cuts off, "to big" and the unconditional swap reverse.
        bool reverses = wide || toBig;
        if (!reverses && bits == 64)
            return;
        destination.Value = reverses ? destination.Value.SwapBytes(bits) : destination.Value.Truncate(bits);
        Unlink(ref destination);
    }
}
