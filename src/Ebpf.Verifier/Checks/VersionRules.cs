using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>What an older kernel does not have, for <see cref="VerifierOptions.KernelVersion"/>.</summary>
internal static class VersionRules
{
    // BPF_MAXINSNS: what a program could have before the limit was raised.
    private const int OldLimit = 4096;

    /// <summary>Refuses what the kernel would refuse by the look of the code, wherever it is: its form, its size, its jumps.</summary>
    internal static void CheckCode(ProgramSpec program, ProgramShape shape, Version kernel)
    {
        if (Since.Of(program.Type) is { } since && since > kernel)
            throw new Refusal(Rule.UnsupportedProgramType, 0, $"programs of type {program.Type.Text()} exist since Linux {since}, not on {kernel}");
        if (program.IsSleepable)
            Require(KernelFeature.Sleepable, kernel, 0, "programs that may sleep");
        if (shape.Code.Length > OldLimit)
            Require(KernelFeature.LargePrograms, kernel, OldLimit, $"programs of more than {OldLimit} instructions");
        bool hasTailCall = false;
        int firstCall = -1;
        for (int slot = 0; slot < shape.Code.Length; slot++)
        {
            Instruction instruction = shape.Code[slot];
            if (FeatureOf(instruction) is { } needed)
                Require(needed.Feature, kernel, slot, needed.What);
            hasTailCall |= instruction.IsHelperCall && instruction.Immediate == HelperId.TailCall.Number(Dialect.Linux);
            if (instruction.IsLocalCall && firstCall < 0)
                firstCall = slot;
            bool callsGlobal = instruction.IsLocalCall && shape.FunctionStartingAt(slot + 1 + instruction.Immediate) is >= 0 and int callee && shape.Functions[callee].IsGlobal;
            if (callsGlobal)
                Require(KernelFeature.GlobalFunctions, kernel, slot, "global functions that are verified by themselves");
            if (instruction.IsWide)
                slot++;
        }

        if (hasTailCall && firstCall >= 0)
            Require(KernelFeature.TailCallsInFunctions, kernel, firstCall, "tail calls in a program that calls functions of its own");
        if (Since.Of(KernelFeature.BoundedLoops) is { } loops && loops > kernel && FindLoop(shape) is >= 0 and int back)
            Require(KernelFeature.BoundedLoops, kernel, back, "loops");
    }

    /// <summary>Why a helper is not there yet; null where it is.</summary>
    internal static string? WhyNot(HelperId helper, Version? kernel) =>
        kernel is not null && Since.Of(helper) is { } since && since > kernel ? $"{helper.Text()} exists since Linux {since}, not on {kernel}" : null;

    /// <summary>Why a type of map is not there yet; null where it is.</summary>
    internal static string? WhyNot(MapSpec map, Version? kernel) =>
        kernel is not null && Since.Of(map.Type) is { } since && since > kernel ? $"maps of type {map.Type.Text()}, as {map.Name} is, exist since Linux {since}, not on {kernel}" : null;

    private static void Require(KernelFeature feature, Version kernel, int slot, string what)
    {
        if (Since.Of(feature) is { } since && since > kernel)
            throw new Refusal(Rule.UnsupportedFeature, slot, $"{what}: since Linux {since}, not on {kernel}");
    }

    private static (KernelFeature Feature, string What)? FeatureOf(in Instruction instruction)
    {
        switch (instruction.Class)
        {
            case InstructionClass.Jmp32:
                return instruction.Opcode == Opcodes.JumpLong ? (KernelFeature.Version4Instructions, "a long jump") : (KernelFeature.Jump32, "a comparison of 32 bits");
            case InstructionClass.Jmp:
                return instruction.Opcode switch
                {
                    Opcodes.MayGoto => (KernelFeature.MayGoto, "may_goto"),
                    Opcodes.Call when instruction.IsLocalCall => (KernelFeature.FunctionCalls, "a call of a function of the program"),
                    Opcodes.Call when instruction.IsKernelFunctionCall => (KernelFeature.KernelFunctions, "a call of a kernel function"),
                    _ => null,
                };
            case InstructionClass.Ldx:
                return (instruction.Opcode & Opcodes.ModeMask) == Opcodes.MemSx ? (KernelFeature.Version4Instructions, "a load with sign extension") : null;
            case InstructionClass.Stx when (instruction.Opcode & Opcodes.ModeMask) == Opcodes.Atomic:
                return instruction.Immediate switch
                {
                    Opcodes.AtomicLoadAcquire or Opcodes.AtomicStoreRelease => (KernelFeature.OrderedAtomics, "a load-acquire or store-release"),
                    Opcodes.AtomicAdd => null,
                    _ => (KernelFeature.AtomicOperations, "an atomic operation other than an addition"),
                };
            case InstructionClass.Ld when instruction.IsWide:
                return (PseudoLoad)instruction.Source switch
                {
                    PseudoLoad.MapIndexValue => (KernelFeature.GlobalData, "the address of a global variable"),
                    PseudoLoad.Function => (KernelFeature.Callbacks, "the address of a function, for a callback"),
                    PseudoLoad.BtfId => (KernelFeature.KernelSymbols, "the address of a kernel variable"),
                    _ => null,
                };
            case InstructionClass.Alu or InstructionClass.Alu64:
                if (instruction.IsAddressSpaceCast)
                    return (KernelFeature.Arena, "a cast between address spaces");
                bool swaps = (instruction.Opcode & Opcodes.OperationMask) == Opcodes.End && instruction.Class == InstructionClass.Alu64;
                return instruction.Offset != 0 || swaps ? (KernelFeature.Version4Instructions, "an instruction of clang's -mcpu=v4") : null;
            default:
                return null;
        }
    }

    /// <summary>A jump that closes a loop; -1 where there is none.</summary>
    private static int FindLoop(ProgramShape shape)
    {
        // 0: not seen, 1: on the way from the function's start, 2: done.
        byte[] color = new byte[shape.Code.Length];
        Stack<(int Slot, int Next)> way = new();
        foreach (FunctionRange function in shape.Functions)
        {
            way.Push((function.Start, 0));
            color[function.Start] = 1;
            while (way.TryPop(out (int Slot, int Next) top))
            {
                int target = Successor(shape, function, top.Slot, top.Next);
                if (target == -2)
                {
                    color[top.Slot] = 2;
                    continue;
                }

                way.Push((top.Slot, top.Next + 1));
                if (target < 0 || color[target] == 2)
                    continue;
                if (color[target] == 1)
                    return top.Slot;
                color[target] = 1;
                way.Push((target, 0));
            }
        }

        return -1;
    }

    /// <summary>The ways on from a slot by their number: -1 where this one does not exist, -2 behind the last.</summary>
    private static int Successor(ProgramShape shape, in FunctionRange function, int slot, int number)
    {
        ref readonly Instruction instruction = ref shape.Code[slot];
        bool jumps = instruction.Class is InstructionClass.Jmp or InstructionClass.Jmp32 && instruction.Opcode is not (Opcodes.Call or Opcodes.CallRegister or Opcodes.Exit);
        if (number == 0)
            return jumps ? ProgramShape.JumpTarget(instruction, slot) : -1;
        if (number > 1)
            return -2;
        int next = slot + (instruction.IsWide ? 2 : 1);
        return instruction.Opcode is Opcodes.Exit or Opcodes.Jump or Opcodes.JumpLong || next >= function.End ? -1 : next;
    }
}
