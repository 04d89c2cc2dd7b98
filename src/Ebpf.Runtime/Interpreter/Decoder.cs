using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Hosting;
using Ebpf.Runtime.Helpers;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Runtime.Interpreter;

/// <summary>
/// Turns a program's slots into operations, once: resolves jumps, maps, functions and helpers. What cannot be executed becomes a trap that says
/// why, so that decoding is total; what a program needs and this engine lacks is refused here, by name.
/// </summary>
internal sealed unsafe partial class Decoder
{
    /// <summary>libbpf's helper number in place of an instruction whose CO-RE relocation failed.</summary>
    /// <remarks>bpf_core_poison_insn in relo_core.c: 195896080 = 0xbad2310, which reads "bad relo".</remarks>
    private const int PoisonedRelocation = 0xbad2310;

    private readonly ProgramSpec _program;
    private readonly Facts? _facts;
    private readonly bool _rewritesContext;
    private readonly IReadOnlyList<EmbeddedMap?> _maps;
    private readonly HostProgramType? _host;
    private readonly Operation* _code;
    private readonly List<string> _traps = [];

    private Decoder(ProgramSpec program, Facts? facts, IReadOnlyList<EmbeddedMap?> maps, bool checks, HostProgramType? host, Operation* code)
    {
        _program = program;
        _facts = facts;
        _maps = maps;
        _host = host;
        _code = code;
        _rewritesContext = !checks && facts is not null;
    }

    /// <summary>Operations that a program of so many slots needs: one each, and one at the end that stops what falls off it.</summary>
    internal static int OperationCount(ProgramSpec program) => program.Instructions.Length + 1;

    /// <summary>Fills <paramref name="code"/> and gives the reasons that its traps refer to.</summary>
    /// <exception cref="BpfException">The program needs a helper, a kernel function or a variable that this engine does not have.</exception>
    internal static List<string> Decode(ProgramSpec program, Facts? facts, IReadOnlyList<EmbeddedMap?> maps, bool checks, HostProgramType? host, Operation* code)
    {
        var decoder = new Decoder(program, facts, maps, checks, host, code);
        for (int slot = 0; slot < program.Instructions.Length; slot++)
        {
            code[slot] = decoder.DecodeSlot(slot);
            if (program.Instructions[slot].IsWide && code[slot].Code == Op.LoadWide)
                code[++slot] = decoder.Trap("this is the second half of a 64-bit immediate");
        }

        code[program.Instructions.Length] = decoder.Trap("the program falls off its end");
        return decoder._traps;
    }

    private Operation DecodeSlot(int slot)
    {
        Instruction instruction = _program.Instructions[slot];
        if (_facts is not null && (_facts.Instructions[slot].Flags & InstructionFlags.Reachable) == 0)
            return Trap("no path leads here");

        return instruction.Class switch
        {
            InstructionClass.Alu or InstructionClass.Alu64 => DecodeArithmetic(instruction),
            InstructionClass.Jmp or InstructionClass.Jmp32 => DecodeJump(slot, instruction),
            InstructionClass.Ldx or InstructionClass.St or InstructionClass.Stx => DecodeMemory(slot, instruction),
            _ => DecodeNonStandardLoad(slot, instruction),
        };
    }

    private Operation DecodeMemory(int slot, Instruction instruction)
    {
        if (instruction.Destination > Register.R10 || instruction.Source > Register.R10)
            return Trap("a register beyond R10");
        if (instruction.Class == InstructionClass.Ldx && instruction.Destination == Register.R10)
            return FramePointerWrite();

        int mode = instruction.Opcode & Opcodes.ModeMask;
        int size = instruction.Opcode & Opcodes.SizeMask;
        if (mode == Opcodes.Atomic && instruction.Class == InstructionClass.Stx)
            return DecodeAtomic(instruction, size);

        Op? op = (instruction.Class, mode, size) switch
        {
            (InstructionClass.Ldx, Opcodes.Mem, Opcodes.B) => Op.Load8,
            (InstructionClass.Ldx, Opcodes.Mem, Opcodes.H) => Op.Load16,
            (InstructionClass.Ldx, Opcodes.Mem, Opcodes.W) => Op.Load32,
            (InstructionClass.Ldx, Opcodes.Mem, Opcodes.DW) => Op.Load64,
            (InstructionClass.Ldx, Opcodes.MemSx, Opcodes.B) => Op.LoadSx8,
            (InstructionClass.Ldx, Opcodes.MemSx, Opcodes.H) => Op.LoadSx16,
            (InstructionClass.Ldx, Opcodes.MemSx, Opcodes.W) => Op.LoadSx32,
            (InstructionClass.Stx, Opcodes.Mem, Opcodes.B) => Op.Store8,
            (InstructionClass.Stx, Opcodes.Mem, Opcodes.H) => Op.Store16,
            (InstructionClass.Stx, Opcodes.Mem, Opcodes.W) => Op.Store32,
            (InstructionClass.Stx, Opcodes.Mem, Opcodes.DW) => Op.Store64,
            (InstructionClass.St, Opcodes.Mem, Opcodes.B) => Op.Store8K,
            (InstructionClass.St, Opcodes.Mem, Opcodes.H) => Op.Store16K,
            (InstructionClass.St, Opcodes.Mem, Opcodes.W) => Op.Store32K,
            (InstructionClass.St, Opcodes.Mem, Opcodes.DW) => Op.Store64K,
            _ => null,
        };
        if (op is null)
            return Unknown(instruction);

        // There are no kernel objects here: what a program reads from one is what the kernel gives where the read faults.
        if (instruction.Class == InstructionClass.Ldx && _facts is not null && _facts.Instructions[slot].Memory == MemoryKinds.BtfObject)
            return new Operation(Op.Mov64K, (byte)instruction.Destination, 0, 0, 0);

        int offset = instruction.Offset;
        if (_rewritesContext && _facts!.Instructions[slot].ContextField is >= 0 and short index)
        {
            // The engine keeps pointers of the context at their full width, elsewhere.
            ContextField field = _facts.Context.Fields[index];
            offset += field.NativeOffset - field.Offset;
            op = Op.Load64;
        }

        return new Operation(op.Value, (byte)instruction.Destination, (byte)instruction.Source, offset, instruction.Immediate);
    }

    private Operation DecodeAtomic(Instruction instruction, int size)
    {
        bool ordered = instruction.Immediate is Opcodes.AtomicLoadAcquire or Opcodes.AtomicStoreRelease;
        bool known = ordered || (size is Opcodes.W or Opcodes.DW && (instruction.Immediate & ~Opcodes.AtomicFetch) switch
        {
            Opcodes.AtomicAdd or Opcodes.AtomicOr or Opcodes.AtomicAnd or Opcodes.AtomicXor => true,
            _ => instruction.Immediate is Opcodes.AtomicExchange or Opcodes.AtomicCompareExchange,
        });
        if (!known)
            return Trap($"unknown atomic operation 0x{instruction.Immediate:x} of {Bytes(size)} bytes");

        bool writesSource = !ordered && (instruction.Immediate & Opcodes.AtomicFetch) != 0 && instruction.Immediate != Opcodes.AtomicCompareExchange;
        if ((writesSource && instruction.Source == Register.R10) || (instruction.Immediate == Opcodes.AtomicLoadAcquire && instruction.Destination == Register.R10))
            return FramePointerWrite();

        Op op = size switch { Opcodes.B => Op.Atomic8, Opcodes.H => Op.Atomic16, Opcodes.W => Op.Atomic32, _ => Op.Atomic64 };
        return new Operation(op, (byte)instruction.Destination, (byte)instruction.Source, instruction.Offset, instruction.Immediate);
    }

    private Operation DecodeNonStandardLoad(int slot, Instruction instruction)
    {
        if (instruction.IsWide)
            return DecodeWide(slot, instruction);

        int mode = instruction.Opcode & Opcodes.ModeMask;
        int size = instruction.Opcode & Opcodes.SizeMask;
        if (mode is not (Opcodes.Abs or Opcodes.Ind) || size == Opcodes.DW)
            return Unknown(instruction);
        if (instruction.Source > Register.R10)
            return Trap("a register beyond R10");

        // The offset carries the width; the source is 255 where no register is added.
        byte index = mode == Opcodes.Ind ? (byte)instruction.Source : byte.MaxValue;
        return new Operation(Op.LoadPacket, 0, index, Bytes(size), instruction.Immediate);
    }

    private Operation DecodeWide(int slot, Instruction instruction)
    {
        if (slot + 1 >= _program.Instructions.Length)
            return Trap("the second half of the 64-bit immediate is missing");
        if (instruction.Destination >= Register.R10)
            return instruction.Destination == Register.R10 ? FramePointerWrite() : Trap("a register beyond R10");

        int high = _program.Instructions[slot + 1].Immediate;
        switch ((PseudoLoad)instruction.Source)
        {
            case PseudoLoad.None:
                return Wide((long)((ulong)(uint)instruction.Immediate | ((ulong)(uint)high << 32)));
            case PseudoLoad.MapIndex or PseudoLoad.MapIndexValue:
                if ((uint)instruction.Immediate >= (uint)_maps.Count || _maps[instruction.Immediate] is not { } map)
                    return Trap($"map number {instruction.Immediate} of the load was not created");
                return Wide((long)(nint)((PseudoLoad)instruction.Source == PseudoLoad.MapIndex ? (byte*)map.Handle : ValueAddress(map, slot) + (uint)high));
            case PseudoLoad.Function:
                int target = slot + 1 + instruction.Immediate;
                return IsSlot(target) ? Wide((long)(nint)(_code + target)) : Trap("the address of a function outside the program");
            case PseudoLoad.BtfId:
                throw Refuse(slot, $"the kernel variable with BTF id {instruction.Immediate} does not exist on the embedded platform");
            default:
                return Trap($"an immediate of kind {instruction.Source}, which only the kernel resolves");
        }

        Operation Wide(long value) => new(Op.LoadWide, (byte)instruction.Destination, 0, 0, value);
    }

    private byte* ValueAddress(EmbeddedMap map, int slot)
    {
        byte* value = map.DirectValue;
        return value != null ? value : throw Refuse(slot, $"map '{map.Spec.Name}' has no directly addressable value");
    }

    private bool IsSlot(long slot) => slot >= 0 && slot < _program.Instructions.Length;

    private static int Bytes(int size) => size switch { Opcodes.B => 1, Opcodes.H => 2, Opcodes.W => 4, _ => 8 };

    private Operation Unknown(Instruction instruction) => Trap($"unknown instruction 0x{instruction.Opcode:x2}");

    private Operation FramePointerWrite() => Trap("the frame pointer may only be read");

    private Operation Trap(string reason)
    {
        int index = _traps.IndexOf(reason);
        if (index < 0)
        {
            index = _traps.Count;
            _traps.Add(reason);
        }

        return new Operation(Op.Trap, 0, 0, 0, index);
    }

    private BpfException Refuse(int slot, string reason) =>
        new($"program '{_program.Name}', instruction {slot}: {reason}", Errno.EOPNOTSUPP) { Program = _program.Name };
}
