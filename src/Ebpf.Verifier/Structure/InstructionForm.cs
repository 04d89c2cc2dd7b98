using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Verifier.Structure;

/// <summary>The form of instructions: opcodes that exist, reserved fields that are zero, jumps that stay inside their function.</summary>
/// <remarks>RFC 9669; bpf_opcode_in_insntable, resolve_pseudo_ldimm64, check_subprogs in the kernel's verifier.</remarks>
internal static class InstructionForm
{
    internal static void Check(ProgramShape shape, ProgramSpec program, int mapCount)
    {
        Instruction[] code = shape.Code;
        bool[] isSecondHalf = new bool[code.Length];
        foreach (FunctionRange function in shape.Functions)
        {
            for (int slot = function.Start; slot < function.End; slot++)
            {
                Instruction instruction = code[slot];
                if ((int)instruction.Destination > 10 || (int)instruction.Source > 10)
                    throw Invalid(slot, $"a register beyond R10 is named");
                switch (instruction.Class)
                {
                    case InstructionClass.Alu or InstructionClass.Alu64:
                        CheckArithmetic(instruction, slot);
                        break;
                    case InstructionClass.Ldx:
                        CheckLoad(instruction, slot);
                        break;
                    case InstructionClass.St or InstructionClass.Stx:
                        CheckStore(instruction, slot);
                        break;
                    case InstructionClass.Jmp or InstructionClass.Jmp32:
                        CheckJump(instruction, slot, program);
                        break;
                    default:
                        if (instruction.IsWide)
                        {
                            CheckWide(code, function, slot, mapCount);
                            isSecondHalf[++slot] = true;
                        }
                        else
                        {
                            CheckLegacyPacketLoad(instruction, slot);
                        }

                        break;
                }
            }
        }

        foreach (FunctionRange function in shape.Functions)
            CheckFlow(code, isSecondHalf, function);
    }

    private static void CheckFlow(Instruction[] code, bool[] isSecondHalf, FunctionRange function)
    {
        if (isSecondHalf[function.Start])
            throw new Refusal(Rule.InvalidControlFlow, function.Start, "a function starts inside a 64-bit immediate load");
        for (int slot = function.Start; slot < function.End; slot++)
        {
            if (isSecondHalf[slot])
                continue;
            Instruction instruction = code[slot];
            if (!IsJump(instruction))
                continue;
            long target = slot + 1L + (instruction.Opcode == Opcodes.JumpLong ? instruction.Immediate : instruction.Offset);
            if (target < function.Start || target >= function.End)
                throw new Refusal(Rule.InvalidControlFlow, slot, $"the jump goes to slot {target}, outside its function (slots {function.Start} to {function.End - 1})");
            if (isSecondHalf[(int)target])
                throw new Refusal(Rule.InvalidControlFlow, slot, $"the jump goes to slot {target}, inside a 64-bit immediate load");
        }

        int last = function.End - 1;
        bool ends = !isSecondHalf[last] && code[last].Opcode is Opcodes.Exit or Opcodes.Jump or Opcodes.JumpLong;
        if (!ends)
            throw new Refusal(Rule.InvalidControlFlow, last, $"function {function.Name} can run past its last instruction", "end every path with a return");
    }

    private static bool IsJump(in Instruction instruction) =>
        instruction.Class is InstructionClass.Jmp or InstructionClass.Jmp32
        && instruction.Opcode is not (Opcodes.Call or Opcodes.CallRegister or Opcodes.Exit);

    private static void CheckArithmetic(in Instruction instruction, int slot)
    {
        bool wide = instruction.Class == InstructionClass.Alu64;
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        int operation = instruction.Opcode & Opcodes.OperationMask;
        if (operation == Opcodes.End)
        {
            bool sized = instruction.Immediate is 16 or 32 or 64;
            Require(sized && instruction.Offset == 0 && instruction.Source == 0 && !(wide && fromRegister), slot, "a byte swap with reserved fields set or an unknown width");
            return;
        }

        if (operation == Opcodes.Neg)
        {
            Require(!fromRegister && instruction is { Source: 0, Offset: 0, Immediate: 0 }, slot, "a negation with reserved fields set");
            return;
        }

        Require(operation <= Opcodes.Arsh, slot, "an unknown arithmetic operation");
        if (instruction.IsAddressSpaceCast)
        {
            // From the arena's address space (1) to the kernel's (0), and back.
            Require(instruction.Immediate is 1 or 1 << 16, slot, "a cast between address spaces that do not exist");
            return;
        }

        bool offsetAllowed = operation switch
        {
            Opcodes.Div or Opcodes.Mod => instruction.Offset is 0 or 1,
            Opcodes.Mov when fromRegister => instruction.Offset is 0 or 8 or 16 || (wide && instruction.Offset == 32),
            _ => instruction.Offset == 0,
        };
        Require(offsetAllowed, slot, "an arithmetic instruction with an unknown variant in its offset field");
        Require(fromRegister ? instruction.Immediate == 0 : instruction.Source == 0, slot, "an arithmetic instruction with reserved fields set");
    }

    private static void CheckLoad(in Instruction instruction, int slot)
    {
        int mode = instruction.Opcode & Opcodes.ModeMask;
        int size = instruction.Opcode & Opcodes.SizeMask;
        Require(mode == Opcodes.Mem || (mode == Opcodes.MemSx && size != Opcodes.DW), slot, "an unknown kind of load");
        Require(instruction.Immediate == 0, slot, "a load with reserved fields set");
    }

    private static void CheckStore(in Instruction instruction, int slot)
    {
        int mode = instruction.Opcode & Opcodes.ModeMask;
        int size = instruction.Opcode & Opcodes.SizeMask;
        if (instruction.Class == InstructionClass.St)
        {
            Require(mode == Opcodes.Mem && instruction.Source == 0, slot, "an unknown kind of store, or one with reserved fields set");
            return;
        }

        if (mode == Opcodes.Mem)
        {
            Require(instruction.Immediate == 0, slot, "a store with reserved fields set");
            return;
        }

        Require(mode == Opcodes.Atomic, slot, "an unknown kind of store");
        bool ordered = instruction.Immediate is Opcodes.AtomicLoadAcquire or Opcodes.AtomicStoreRelease;
        bool known = ordered || (instruction.Immediate & ~Opcodes.AtomicFetch) is Opcodes.AtomicAdd or Opcodes.AtomicOr or Opcodes.AtomicAnd or Opcodes.AtomicXor
            || instruction.Immediate is Opcodes.AtomicExchange or Opcodes.AtomicCompareExchange;
        Require(known, slot, "an unknown atomic operation");
        Require(ordered || size is Opcodes.W or Opcodes.DW, slot, "an atomic operation on fewer than 4 bytes");
    }

    private static void CheckJump(in Instruction instruction, int slot, ProgramSpec program)
    {
        bool wide = instruction.Class == InstructionClass.Jmp;
        bool fromRegister = (instruction.Opcode & Opcodes.SourceMask) == Opcodes.X;
        int operation = instruction.Opcode & Opcodes.OperationMask;
        switch (operation)
        {
            case Opcodes.Ja:
                Require(!fromRegister && instruction is { Source: 0, Destination: 0 } && (wide ? instruction.Immediate : instruction.Offset) == 0, slot, "a jump with reserved fields set");
                return;
            case Opcodes.JCall:
                if (instruction.Opcode == Opcodes.CallRegister)
                    throw new Refusal(Rule.UnsupportedFeature, slot, "calls through a register are not supported");
                Require(instruction.Opcode == Opcodes.Call && instruction.Destination == 0 && (int)instruction.Source <= (int)PseudoCall.KernelFunction, slot, "a call with reserved fields set");
                Require(instruction.Offset == 0 || instruction.IsKernelFunctionCall, slot, "a call with reserved fields set");
                return;
            case Opcodes.JExit:
                Require(instruction is { Opcode: Opcodes.Exit, Source: 0, Destination: 0, Offset: 0, Immediate: 0 }, slot, "a return with reserved fields set");
                return;
            case Opcodes.Jcond:
                Require(instruction is { Opcode: Opcodes.MayGoto, Source: 0, Destination: 0, Immediate: 0 }, slot, "a may_goto with reserved fields set");
                return;
        }

        Require(operation <= Opcodes.Jsle, slot, "an unknown jump");
        Require(fromRegister ? instruction.Immediate == 0 : instruction.Source == 0, slot, "a jump with reserved fields set");
    }

    private static void CheckWide(Instruction[] code, FunctionRange function, int slot, int mapCount)
    {
        Instruction instruction = code[slot];
        if (slot + 1 >= function.End)
            throw Invalid(slot, "a 64-bit immediate load without its second half");
        Instruction second = code[slot + 1];
        Require(second is { Opcode: 0, Destination: 0, Source: 0, Offset: 0 } && instruction.Offset == 0, slot, "a 64-bit immediate load with reserved fields set");
        switch ((PseudoLoad)instruction.Source)
        {
            case PseudoLoad.None or PseudoLoad.BtfId or PseudoLoad.Function:
                return;
            case PseudoLoad.MapIndex or PseudoLoad.MapIndexValue:
                Require((uint)instruction.Immediate < (uint)mapCount, slot, $"a reference to map {instruction.Immediate}, where {mapCount} maps are loaded");
                return;
            default:
                throw Invalid(slot, "a reference to a map that was not relocated");
        }
    }

    private static void CheckLegacyPacketLoad(in Instruction instruction, int slot)
    {
        int mode = instruction.Opcode & Opcodes.ModeMask;
        int size = instruction.Opcode & Opcodes.SizeMask;
        Require(mode is Opcodes.Abs or Opcodes.Ind && size != Opcodes.DW, slot, "an unknown instruction");
        Require(instruction is { Destination: 0, Offset: 0 } && (mode == Opcodes.Ind || instruction.Source == 0), slot, "a packet load with reserved fields set");
    }

    private static void Require(bool holds, int slot, string otherwise)
    {
        if (!holds)
            throw Invalid(slot, otherwise);
    }

    private static Refusal Invalid(int slot, string what) => new(Rule.InvalidInstruction, slot, what);
}
