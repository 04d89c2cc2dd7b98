using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Arithmetic on pointers.</summary>
internal sealed partial class Transfer
{
    /// <summary>No pointer may be further than this from its base (BPF_MAX_VAR_OFF), so that offsets never overflow.</summary>
    internal const int MaxOffset = 1 << 29;

    private void PointerArithmetic(in Instruction instruction, ref RegisterState destination, in RegisterState operand, int operation, bool wide)
    {
        if (destination.IsPointer && operand.IsPointer)
        {
            if (operation == Opcodes.Sub && wide && destination.Kind == RegisterKind.PacketEnd && operand.IsPacketStart)
            {
                destination = LengthOfPacket(operand);
                return;
            }

            bool isDistance = IsInPacket(destination) && IsInPacket(operand);
            if (operation == Opcodes.Sub && (isDistance || !IsStrict))
            {
                destination = RegisterState.Number(wide ? Scalar.Unknown : Scalar.OfWidth(32));
                return;
            }

            throw Refuse(Rule.PointerArithmetic, $"{Words.Operation(operation)} of two pointers: R{(int)instruction.Destination} is {Words.Describe(destination)}, the other is {Words.Describe(operand)}");
        }

        if (!wide)
        {
            if (operation == Opcodes.Sub && !IsStrict)
            {
                destination = RegisterState.Number(Scalar.OfWidth(32));
                return;
            }

            throw Refuse(Rule.PointerArithmetic, $"32-bit arithmetic on a pointer: {Words.Describe(destination.IsPointer ? destination : operand)}", "use a 64-bit type for the pointer arithmetic");
        }

        if (destination.IsPointer)
        {
            RegisterState amount = operand;
            MovePointer(instruction, ref destination, destination, amount, operation);
            return;
        }

        // number + pointer: the same the other way round, but nothing else is.
        if (operation == Opcodes.Sub)
            throw Refuse(Rule.PointerArithmetic, $"R{(int)instruction.Destination}: a pointer is subtracted from a number");
        RegisterState pointer = operand, distance = destination;
        MovePointer(instruction, ref destination, pointer, distance, operation);
    }

    /// <summary>Of two such pointers the difference says nothing of where the packet is.</summary>
    private static bool IsInPacket(in RegisterState pointer) => pointer.Kind is RegisterKind.Packet or RegisterKind.PacketEnd;

    private void MovePointer(in Instruction instruction, ref RegisterState destination, RegisterState pointer, RegisterState amount, int operation)
    {
        int register = (int)instruction.Destination;
        if (pointer.Kind == RegisterKind.Arena)
        {
            destination = pointer;
            return;
        }

        if (pointer.MaybeNull)
            throw Refuse(Rule.NullDereference, $"R{register} is {Words.Describe(pointer)}; arithmetic on it needs a null check first", "compare the pointer with NULL before using it");
        if (operation is not (Opcodes.Add or Opcodes.Sub))
            throw Refuse(Rule.PointerArithmetic, $"{Words.Operation(operation)} on a pointer: R{register} is {Words.Describe(pointer)}; only adding and subtracting is allowed");

        bool fixedAmount = amount.Value.IsConstant;
        bool isNothing = fixedAmount && amount.Value.Value == 0;
        switch (pointer.Kind)
        {
            case RegisterKind.Map or RegisterKind.PacketEnd or RegisterKind.Socket or RegisterKind.SocketCommon or RegisterKind.TcpSocket or RegisterKind.XdpSocket or RegisterKind.Function
                when !isNothing:
                throw Refuse(Rule.PointerArithmetic, $"R{register} is {Words.Describe(pointer)}; arithmetic on it is not allowed");
            case RegisterKind.FlowKeys when !fixedAmount:
                throw Refuse(Rule.PointerArithmetic, $"R{register} is {Words.Describe(pointer)}; only constants may be added to it");
            case RegisterKind.Stack when operation == Opcodes.Sub:
                throw Refuse(Rule.PointerArithmetic, $"R{register}: subtraction from a stack pointer is not allowed", "add a negative number instead");
        }

        if ((pointer.Marks & RegisterMarks.PerCpu) != 0)
            throw Refuse(Rule.PointerArithmetic, $"R{register} is {Words.Describe(pointer)}; arithmetic on it is not allowed");
        CheckDistance(amount, pointer, register);
        _paths.Need(amount.Sources);

        long step = operation == Opcodes.Add ? amount.Value.SMin : -amount.Value.SMin;
        if (fixedAmount)
        {
            long offset = pointer.Offset + step;
            if (Math.Abs(offset) >= MaxOffset)
                throw OutOfReach(pointer, register);
            destination = pointer;
            destination.Offset = (int)offset;
            // Known to be at or beyond the end: that is said of the pointer before the move.
            if (pointer.IsPacketPointer && pointer.Size < 0)
                destination.Size = 0;
            return;
        }

        destination = pointer;
        destination.Value = operation == Opcodes.Add ? pointer.Value.Add(amount.Value) : pointer.Value.Sub(amount.Value);
        if (pointer.IsPacketPointer)
        {
            // A new base: what was known of bytes from the old one says nothing about this one, except after a move towards the start.
            destination.Id = _paths.NewId();
            if (operation == Opcodes.Add || amount.Value.SMin < 0 || destination.Size < 0)
                destination.Size = 0;
        }

        if (destination.Value.SMin <= -MaxOffset || destination.Value.SMin >= MaxOffset)
            throw OutOfReach(pointer, register);
    }

    private void CheckDistance(in RegisterState amount, in RegisterState pointer, int register)
    {
        if (amount.Value.IsConstant)
        {
            long value = (long)amount.Value.Value;
            if (value is <= -MaxOffset or >= MaxOffset)
                throw Refuse(Rule.PointerArithmetic, $"{value} is added to {Words.Describe(pointer)} in R{register}: too far away");
            return;
        }

        if (amount.Value.SMin == long.MinValue)
        {
            throw Refuse(
                Rule.PointerArithmetic,
                $"a number that may be {Words.Range(amount.Value)} is added to {Words.Describe(pointer)} in R{register}; it needs a lower bound",
                "make the offset unsigned, mask it (x & 0xff), or check its bounds before adding it");
        }

        if (amount.Value.SMin is <= -MaxOffset or >= MaxOffset)
            throw OutOfReach(pointer, register);
    }

    private Refusal OutOfReach(in RegisterState pointer, int register) =>
        Refuse(Rule.PointerArithmetic, $"R{register}: {Words.Describe(pointer)} is moved too far from its base", "check the bounds of the offset before adding it");
}
