using Ebpf.Bytecode.Isa;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Puts the answer to a CO-RE relocation into its instruction: the immediate of arithmetic and 64-bit loads, the offset of loads and stores.</summary>
internal static class CorePatch
{
    /// <summary>The helper that does not exist, whose call stands for a relocation without answer: 0xbad2310, "bad relo".</summary>
    /// <remarks>libbpf and the kernel use the same, and tools know it. A verifier refuses the call where it can be reached, and only there.</remarks>
    public const int UnresolvedHelper = 195896080;

    /// <summary>Changes the instruction at <paramref name="slot"/>.</summary>
    /// <exception cref="BpfException">The instruction is none that such a relocation can be on, or does not hold what the compiler says it put there.</exception>
    public static void Apply(Span<Instruction> code, int slot, in CoreResolution resolution)
    {
        if (resolution.IsUnresolved)
        {
            Poison(code, slot);
            return;
        }

        ref Instruction instruction = ref code[slot];
        switch (instruction.Class)
        {
            case InstructionClass.Alu or InstructionClass.Alu64 when (instruction.Opcode & Opcodes.SourceMask) == Opcodes.K:
                Check(resolution, (ulong)instruction.Immediate);
                instruction = instruction with { Immediate = unchecked((int)resolution.Value) };
                break;
            case InstructionClass.Ldx or InstructionClass.St or InstructionClass.Stx:
                ApplyToMemory(code, slot, resolution);
                break;
            case InstructionClass.Ld when IsPlainWideLoad(code, slot):
                ApplyToWide(code, slot, resolution);
                break;
            default:
                throw new BpfException($"it cannot be on the instruction \"{Disassembler.Text(instruction)}\"", Errno.EINVAL);
        }
    }

    /// <summary>Replaces the instruction by a call that no verifier accepts.</summary>
    private static void Poison(Span<Instruction> code, int slot)
    {
        // The second slot too, or the message would be about an unknown opcode.
        if (code[slot].IsWide && slot + 1 < code.Length)
            code[slot + 1] = Asm.Call(UnresolvedHelper);
        code[slot] = Asm.Call(UnresolvedHelper);
    }

    private static void ApplyToMemory(Span<Instruction> code, int slot, in CoreResolution resolution)
    {
        ref Instruction instruction = ref code[slot];
        Check(resolution, (ulong)instruction.Offset);
        if (resolution.Value > (ulong)short.MaxValue)
            throw new BpfException($"offset {resolution.Value} does not fit the 16 bits of a load or store", Errno.ERANGE);
        if (resolution.ForbidsOtherSize)
        {
            Poison(code, slot);
            return;
        }

        instruction = instruction with { Offset = (short)resolution.Value };
        if (resolution.Size == resolution.OriginalSize)
            return;
        if (SizeOf(instruction) != resolution.OriginalSize)
            throw new BpfException($"a load or store of {SizeOf(instruction)} bytes is on a member of {resolution.OriginalSize}", Errno.EINVAL);

        byte size = resolution.Size switch
        {
            8 => Opcodes.DW,
            4 => Opcodes.W,
            2 => Opcodes.H,
            1 => Opcodes.B,
            _ => throw new BpfException($"the member has {resolution.Size} bytes in the target, which no load or store moves", Errno.EINVAL),
        };
        instruction = instruction with { Opcode = (byte)((instruction.Opcode & ~Opcodes.SizeMask) | size) };
    }

    private static void ApplyToWide(Span<Instruction> code, int slot, in CoreResolution resolution)
    {
        Check(resolution, (uint)code[slot].Immediate | ((ulong)(uint)code[slot + 1].Immediate << 32));
        code[slot] = code[slot] with { Immediate = unchecked((int)resolution.Value) };
        code[slot + 1] = code[slot + 1] with { Immediate = unchecked((int)(resolution.Value >> 32)) };
    }

    private static bool IsPlainWideLoad(ReadOnlySpan<Instruction> code, int slot) =>
        slot + 1 < code.Length
        && code[slot] is { IsWide: true, Source: Register.R0, Offset: 0 }
        && code[slot + 1] is { Opcode: 0, Destination: Register.R0, Source: Register.R0, Offset: 0 };

    private static void Check(in CoreResolution resolution, ulong found)
    {
        if (resolution.IsChecked && found != resolution.OriginalValue)
            throw new BpfException($"the instruction holds {(long)found} where the object's own types give {resolution.OriginalValue}; the object was damaged after compilation", Errno.EINVAL);
    }

    private static uint SizeOf(in Instruction instruction) => (instruction.Opcode & Opcodes.SizeMask) switch
    {
        Opcodes.DW => 8,
        Opcodes.W => 4,
        Opcodes.H => 2,
        _ => 1,
    };
}
