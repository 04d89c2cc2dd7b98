using Ebpf.Bytecode.Isa;
using Ebpf.Runtime.Helpers;

namespace Ebpf.Runtime.Interpreter;

/// <content>Jumps and calls.</content>
internal sealed unsafe partial class Decoder
{
    private Operation DecodeJump(int slot, Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcodes.Exit:
                return new Operation(Op.Exit, 0, 0, 0, 0);
            case Opcodes.Call:
                return DecodeCall(slot, instruction);
            case Opcodes.CallRegister:
                return instruction.Destination <= Register.R10 ? new Operation(Op.CallRegister, (byte)instruction.Destination, 0, 0, 0) : Trap("a register beyond R10");
            case Opcodes.Jump:
                return JumpTo(slot, Op.Jump, instruction, instruction.Offset);
            case Opcodes.JumpLong:
                return JumpTo(slot, Op.Jump, instruction, instruction.Immediate);
            case Opcodes.MayGoto:
                return JumpTo(slot, Op.MayGoto, instruction, instruction.Offset);
        }

        if (instruction.Destination > Register.R10 || instruction.Source > Register.R10)
            return Trap("a register beyond R10");

        bool wide = instruction.Class == InstructionClass.Jmp;
        bool register = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        Op? op = (instruction.Opcode & Opcodes.OperationMask) switch
        {
            Opcodes.Jeq => wide ? Op.Jeq64 : Op.Jeq32,
            Opcodes.Jne => wide ? Op.Jne64 : Op.Jne32,
            Opcodes.Jgt => wide ? Op.Jgt64 : Op.Jgt32,
            Opcodes.Jge => wide ? Op.Jge64 : Op.Jge32,
            Opcodes.Jlt => wide ? Op.Jlt64 : Op.Jlt32,
            Opcodes.Jle => wide ? Op.Jle64 : Op.Jle32,
            Opcodes.Jsgt => wide ? Op.Jsgt64 : Op.Jsgt32,
            Opcodes.Jsge => wide ? Op.Jsge64 : Op.Jsge32,
            Opcodes.Jslt => wide ? Op.Jslt64 : Op.Jslt32,
            Opcodes.Jsle => wide ? Op.Jsle64 : Op.Jsle32,
            Opcodes.Jset => wide ? Op.Jset64 : Op.Jset32,
            _ => null,
        };
        return op is null ? Unknown(instruction) : JumpTo(slot, register ? op.Value : op.Value + 1, instruction, instruction.Offset);
    }

    private Operation JumpTo(int slot, Op op, Instruction instruction, int distance)
    {
        long target = (long)slot + 1 + distance;
        return IsSlot(target)
            ? new Operation(op, (byte)instruction.Destination, (byte)instruction.Source, (int)(target - slot), instruction.Immediate)
            : Trap($"a jump to instruction {target}, outside the program");
    }

    private Operation DecodeCall(int slot, Instruction instruction)
    {
        switch ((PseudoCall)instruction.Source)
        {
            case PseudoCall.Helper:
                return DecodeHelperCall(slot, instruction.Immediate);
            case PseudoCall.Local:
                long target = (long)slot + 1 + instruction.Immediate;
                return IsSlot(target)
                    ? new Operation(Op.CallLocal, 0, 0, (int)(target - slot), FrameSize.Of(_facts, (int)target))
                    : Trap($"a call of instruction {target}, outside the program");
            case PseudoCall.KernelFunction:
                return DecodeKernelFunctionCall(slot, instruction.Immediate);
            default:
                return Trap($"a call of kind {instruction.Source}");
        }
    }

    private Operation DecodeHelperCall(int slot, int number)
    {
        if (number == PoisonedRelocation)
            return Trap("its CO-RE relocation could not be resolved");
        if (_host?.Function(number) is { } own and not 0)
            return new Operation(Op.CallHelper, 0, 0, number, own);
        if (HelperIdTable.From(_program.Dialect, number, _program.Type) is not { } id)
            throw Refuse(slot, $"there is no helper number {number} (dialect {_program.Dialect})");
        if (id == HelperId.TailCall)
            return new Operation(Op.TailCall, 0, 0, 0, 0);

        void* function = (void*)HelperTable.Find(id, _program.Dialect);
        return function != null
            ? new Operation(Op.CallHelper, 0, 0, (int)id, (long)(nint)function)
            : throw Refuse(slot, $"the helper {id.Text()} does not exist on the embedded platform");
    }

    private Operation DecodeKernelFunctionCall(int slot, int index)
    {
        if ((uint)index >= (uint)_program.KernelFunctions.Length)
            return Trap("a kernel function that could not be resolved is called");

        var function = _program.KernelFunctions[index];
        return function.IsWeak
            ? Trap($"the kernel function {function.Name} does not exist on the embedded platform; the program must test for it before it calls")
            : throw Refuse(slot, $"the kernel function {function.Name} does not exist on the embedded platform");
    }
}
