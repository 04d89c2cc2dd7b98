using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Asm;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Fuzz.Verification;

/// <summary>
/// Makes XDP programs that a verifier may well accept: a start that gives registers their kinds (R6 context, R7 map value, R8 a number, R9 packet), then
/// instructions drawn at random but with a liking for what is nearly right.
/// </summary>
internal sealed class ProgramGenerator(Random random)
{
    private static readonly Size[] Sizes = [Size.B, Size.H, Size.W, Size.DW];

    private static readonly byte[] Comparisons =
    [
        Opcodes.Jeq, Opcodes.Jne, Opcodes.Jgt, Opcodes.Jge, Opcodes.Jlt, Opcodes.Jle, Opcodes.Jset, Opcodes.Jsgt, Opcodes.Jsge, Opcodes.Jslt, Opcodes.Jsle,
    ];

    private static readonly byte[] Operations =
    [
        Opcodes.Add, Opcodes.Sub, Opcodes.Mul, Opcodes.Div, Opcodes.Or, Opcodes.And, Opcodes.Lsh, Opcodes.Rsh, Opcodes.Mod, Opcodes.Xor, Opcodes.Mov, Opcodes.Arsh,
    ];

    // Registers that hold numbers most of the time.
    private static readonly Register[] Numbers = [R0, R2, R3, R4, R5, R8];

    private readonly List<Instruction> _code = [];

    internal Instruction[] Next()
    {
        _code.Clear();
        Start();
        int length = random.Next(3, 40);
        for (int i = 0; i < length; i++)
            Step();
        End();
        Instruction[] code = [.. _code];
        FixJumps(code);
        return code;
    }

    /// <summary>Changes an instruction or two of a program.</summary>
    internal Instruction[] Mutate(ReadOnlySpan<Instruction> from)
    {
        Instruction[] code = from.ToArray();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(code.Length);
            Instruction old = code[at];
            code[at] = random.Next(6) switch
            {
                0 => old with { Immediate = Immediate() },
                1 => old with { Offset = (short)(old.Offset + random.Next(-4, 5)) },
                2 => old with { Destination = (Register)random.Next(11) },
                3 => old with { Source = (Register)random.Next(11) },
                4 => old with { Opcode = (byte)(old.Opcode ^ (1 << random.Next(8))) },
                _ => code[random.Next(code.Length)],
            };
        }

        return code;
    }

    private void Start()
    {
        Add(Mov64(R6, R1));
        Add(StoreImmediate(Size.W, R10, -4, random.Next(4)));
        _code.AddRange(LoadMap(R1, 0));
        Add(Mov64(R2, R10), Add64(R2, -4), Call(HelperId.MapLookupElem), JumpIf(Opcodes.Jne, R0, 0, 2), Mov64(R0, 0), Exit(), Mov64(R7, R0));
        Add(StoreImmediate(Size.DW, R10, -16, 0), StoreImmediate(Size.DW, R10, -24, -1), StoreImmediate(Size.DW, R10, -32, 7));
        Add(Load(Size.W, R9, R6, 0), Load(Size.W, R3, R6, 4), Mov64(R4, R9), Add64(R4, random.Next(1, 64)));
        Add(JumpIf(random.Next(2) == 0 ? Opcodes.Jle : Opcodes.Jlt, R4, R3, 2), Mov64(R0, 0), Exit());
        Add(Load(Sizes[random.Next(4)], R8, R7, 0), Load(Size.W, R5, R7, 8), Load(Size.B, R4, R9, 0), Mov64(R3, random.Next(-20, 20)), Mov64(R2, 3), Mov64(R0, R8));
    }

    private void End()
    {
        // Jumps beyond the end land among these.
        Add(Mov64(R0, 0), Mov64(R0, 1), Mov64(R0, 2), Exit());
    }

    private void Step()
    {
        switch (random.Next(20))
        {
            case < 5:
                Compute(Number(), random.Next(2) == 0);
                break;
            case 5:
                Add(random.Next(2) == 0 ? And64(Number(), Mask()) : And32(Number(), Mask()));
                break;
            case 6 or 7 or 8:
                Compare();
                break;
            case 9:
                Indexed(R7, random.Next(-2, 66));
                break;
            case 10:
                Indexed(R9, random.Next(-2, 66));
                break;
            case 11:
                Indexed(R10, -random.Next(0, 70));
                break;
            case 12:
                Add(Store(Sizes[random.Next(4)], R10, StackOffset(), Any()));
                break;
            case 13:
                Add(Load(Sizes[random.Next(4)], Number(), R10, StackOffset()));
                break;
            case 14:
                Add(random.Next(3) switch { 0 => MovSx64(Number(), Number(), (short)(8 << random.Next(3))), 1 => MovSx32(Number(), Number(), (short)(8 << random.Next(2))), _ => Mov32(Number(), Number()) });
                break;
            case 15:
                Add(random.Next(2) == 0 ? ToBigEndian(Number(), 16 << random.Next(3)) : LoadSigned(Sizes[random.Next(3)], Number(), R7, (short)random.Next(0, 60)));
                break;
            case 16:
                Loop();
                break;
            case 17:
                Packet();
                break;
            case 18:
                Lookup();
                break;
            default:
                AtomicOnMap();
                break;
        }
    }

    private void Compute(Register destination, bool wide)
    {
        byte operation = Operations[random.Next(Operations.Length)];
        bool shift = operation is Opcodes.Lsh or Opcodes.Rsh or Opcodes.Arsh;
        bool divides = operation is Opcodes.Div or Opcodes.Mod;
        Instruction instruction;
        if (random.Next(2) == 0)
        {
            int value = shift ? random.Next(wide ? 64 : 32) : divides ? random.Next(1, 9) : Immediate();
            instruction = wide ? Alu64(operation, destination, value) : Alu32(operation, destination, value);
        }
        else
        {
            instruction = wide ? Alu64(operation, destination, Number()) : Alu32(operation, destination, Number());
        }

        Add(divides && random.Next(2) == 0 ? instruction with { Offset = 1 } : instruction);
    }

    private void Compare()
    {
        byte comparison = Comparisons[random.Next(Comparisons.Length)];
        short offset = (short)random.Next(1, 6);
        bool wide = random.Next(2) == 0;
        Add(random.Next(3) == 0
            ? (wide ? JumpIf(comparison, Number(), Number(), offset) : JumpIf32(comparison, Number(), Number(), offset))
            : wide ? JumpIf(comparison, Number(), Immediate(), offset) : JumpIf32(comparison, Number(), Immediate(), offset));
    }

    private void Indexed(Register pointer, int offset)
    {
        Register index = Number();
        if (random.Next(3) != 0)
            Add(random.Next(2) == 0 ? And64(index, Mask()) : JumpIf(random.Next(2) == 0 ? Opcodes.Jgt : Opcodes.Jsgt, index, random.Next(40), 3));
        Add(Mov64(R1, pointer), Add64(R1, index));
        Size size = Sizes[random.Next(4)];
        Add(random.Next(2) == 0 ? Load(size, Number(), R1, (short)offset) : Store(size, R1, (short)offset, Number()));
    }

    private void Loop()
    {
        // A counter on the stack or in a register, a body of a few steps, a way back.
        int begin = _code.Count;
        Register counter = Number();
        for (int i = random.Next(1, 4); i > 0; i--)
            Compute(Number(), true);
        Add(Add64(counter, random.Next(1, 3)));
        Add(JumpIf(random.Next(2) == 0 ? Opcodes.Jlt : Opcodes.Jslt, counter, random.Next(40), (short)(begin - _code.Count - 1)));
    }

    private void Packet()
    {
        Register index = Number();
        int length = random.Next(1, 16);
        if (random.Next(2) == 0)
            Add(And64(index, Mask()));
        Add(Mov64(R1, R9), Add64(R1, index), Load(Size.W, R2, R6, 4), Mov64(R3, R1), Add64(R3, length));
        Add(random.Next(4) switch
        {
            0 => JumpIf(Opcodes.Jgt, R3, R2, 1),
            1 => JumpIf(Opcodes.Jge, R3, R2, 1),
            2 => JumpIf(Opcodes.Jlt, R2, R3, 1),
            _ => JumpIf(Opcodes.Jle, R2, R3, 1),
        });
        Add(Load(Sizes[random.Next(4)], R4, R1, (short)random.Next(-1, length + 1)));
    }

    private void Lookup()
    {
        Add(Store(Size.W, R10, -4, Number()));
        _code.AddRange(LoadMap(R1, random.Next(2)));
        Add(Mov64(R2, R10), Add64(R2, random.Next(5) == 0 ? -8 : -4), Call(HelperId.MapLookupElem));
        if (random.Next(4) != 0)
            Add(JumpIf(random.Next(2) == 0 ? Opcodes.Jeq : Opcodes.Jne, R0, 0, (short)random.Next(1, 3)));
        Add(random.Next(2) == 0 ? Load(Size.DW, R0, R0, (short)random.Next(0, 64)) : Store(Size.W, R0, (short)random.Next(0, 64), R8));
        Add(Mov64(R0, 0), Mov64(R2, R8), Mov64(R3, R8), Mov64(R4, 1), Mov64(R5, 9));
    }

    private void AtomicOnMap()
    {
        int[] operations = [Opcodes.AtomicAdd, Opcodes.AtomicOr | Opcodes.AtomicFetch, Opcodes.AtomicExchange, Opcodes.AtomicCompareExchange, Opcodes.AtomicXor | Opcodes.AtomicFetch];
        bool wide = random.Next(2) == 0;
        Register pointer = random.Next(4) == 0 ? R10 : R7;
        int offset = (pointer == R10 ? -random.Next(1, 6) : random.Next(0, 8)) * (wide ? 8 : 4);
        Add(Atomic(wide ? Size.DW : Size.W, operations[random.Next(operations.Length)], pointer, (short)offset, Number()));
    }

    private void FixJumps(Instruction[] code)
    {
        // Jumps over the end come back into the program.
        for (int i = 0; i < code.Length; i++)
        {
            bool jumps = code[i].Class is InstructionClass.Jmp or InstructionClass.Jmp32 && code[i].Opcode is not (Opcodes.Call or Opcodes.Exit);
            if (jumps && i + 1 + code[i].Offset >= code.Length)
                code[i] = code[i] with { Offset = (short)(code.Length - 2 - i) };
        }
    }

    private Register Number() => Numbers[random.Next(Numbers.Length)];

    private Register Any() => random.Next(4) == 0 ? (Register)random.Next(6, 10) : Number();

    private short StackOffset() => (short)(-8 * random.Next(1, 6) + (random.Next(3) == 0 ? random.Next(8) : 0));

    private int Mask() => random.Next(3) switch { 0 => (1 << random.Next(1, 9)) - 1, 1 => random.Next(256), _ => 0xf << random.Next(0, 5) };

    private int Immediate() => random.Next(5) switch
    {
        0 => random.Next(-3, 4),
        1 => random.Next(64),
        2 => 1 << random.Next(31),
        3 => random.Next(2) == 0 ? int.MinValue : int.MaxValue,
        _ => random.Next(int.MinValue, int.MaxValue),
    };

    private void Add(params ReadOnlySpan<Instruction> instructions) => _code.AddRange(instructions);
}
