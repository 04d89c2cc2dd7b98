using Ebpf.Bytecode.Isa;
using static Ebpf.Bytecode.Isa.Register;

namespace Ebpf.Runtime.Tests.Soundness;

/// <summary>
/// Makes random programs of the kind that compilers make: numbers computed and compared, pointers moved by what was compared, memory read and written
/// through them. It keeps track of what registers hold just well enough that a good part of the programs is acceptable, and now and then does
/// something wrong, so that the verifier has something to find.
/// </summary>
internal sealed partial class ProgramGenerator
{
    /// <summary>The maps of every generated program: an array, a hash and a ring buffer, and the sizes of their values.</summary>
    internal const int ArrayMap = 0, HashMap = 1, RingMap = 2, ArrayValueSize = 64, HashValueSize = 24, HashKeySize = 8;

    private const int StackSlots = 8;

    private readonly Random _random;
    private readonly List<Instruction> _code = [];
    private readonly Holding[] _holds = new Holding[11];
    private readonly Holding[] _stack = new Holding[StackSlots];
    private Register _counter = R10;
    private int _packetBytes;

    private ProgramGenerator(int seed) => _random = new Random(seed);

    /// <summary>What the generator takes a register to hold.</summary>
    private enum Holding : byte
    {
        Nothing,
        Number,
        Context,
        Packet,
        PacketEnd,
        ArrayValue,
        HashValue,
        Stack,
    }

    /// <summary>The program of a seed: an XDP program over <see cref="ArrayMap"/> and <see cref="HashMap"/>.</summary>
    internal static Instruction[] Make(int seed)
    {
        var generator = new ProgramGenerator(seed);
        generator.Begin();
        generator.Body(generator._random.Next(4, 40), depth: 0);
        generator.End();
        generator.Functions();
        return [.. generator._code];
    }

    /// <summary>A program with one thing changed at random.</summary>
    internal static Instruction[] Mutate(ReadOnlySpan<Instruction> program, Random random)
    {
        Instruction[] mutant = program.ToArray();
        int slot = random.Next(mutant.Length);
        Instruction old = mutant[slot];
        mutant[slot] = random.Next(7) switch
        {
            0 => old with { Immediate = Immediate(random) },
            1 => old with { Offset = (short)(old.Offset + random.Next(-8, 9)) },
            2 => old with { Destination = (Register)random.Next(11) },
            3 => old with { Source = (Register)random.Next(11) },
            4 => old with { Opcode = (byte)(old.Opcode ^ (1 << random.Next(8))) },
            5 => old with { Opcode = (byte)random.Next(256) },
            _ => mutant[random.Next(mutant.Length)],
        };
        return mutant;
    }

    private void Begin()
    {
        _holds[1] = Holding.Context;
        _holds[10] = Holding.Stack;
        Emit(Asm.Mov64(R6, R1));
        _holds[6] = Holding.Context;
        for (int i = 0; i < StackSlots; i++)
        {
            if (_random.Next(3) == 0)
                continue;
            if (_random.Next(3) == 0)
            {
                // An array that is cleared: bytes known to be zero.
                Emit(Asm.StoreImmediate(Size.W, R10, SlotOffset(i), 0));
                Emit(Asm.StoreImmediate(Size.W, R10, (short)(SlotOffset(i) + 4), 0));
            }
            else
            {
                Emit(Asm.StoreImmediate(Size.DW, R10, SlotOffset(i), Immediate(_random)));
            }
            _stack[i] = Holding.Number;
        }
        if (_random.Next(3) != 0)
            LoadPacket();
        if (_random.Next(3) != 0)
            LookUp();
        for (int i = 0; i < 2; i++)
            Number(Free());
    }

    private void End()
    {
        Emit(Asm.Mov64(R0, _random.Next(4)));
        Emit(Asm.Exit());
    }

    private void Body(int count, int depth)
    {
        for (int i = 0; i < count; i++)
        {
            switch (_random.Next(100))
            {
                case < 28: Arithmetic(); break;
                case < 36: Bound(); break;
                case < 38: Relate(); break;
                case < 40: StackArray(); break;
                case < 43: SpillPart(); break;
                case < 52: Move(); break;
                case < 53: Record(); break;
                case < 66: Load(); break;
                case < 78: Store(); break;
                case < 84 when depth < 3: Branch(depth); break;
                case < 88: CheckPacket(); break;
                case < 92: Spill(); break;
                case < 94 when depth < 2: Loop(depth); break;
                case < 96: LookUp(); break;
                case < 97 when _random.Next(2) == 0: CallFunction(); break;
                case < 97: CallHelper(); break;
                case < 98: LoadPacket(); break;
                case < 99: Atomic(); break;
                default: Number(Free()); break;
            }
        }
    }

    private void Emit(Instruction instruction) => _code.Add(instruction);

    private void Emit(ReadOnlySpan<Instruction> instructions) => _code.AddRange(instructions);

    private void Set(Register register, Holding holding) => _holds[(int)register] = holding;

    private static short SlotOffset(int slot) => (short)(-8 * (slot + 1));

    private bool Rarely() => _random.Next(60) == 0;

    /// <summary>A register that may be overwritten: mostly not the context, never the counter of a loop.</summary>
    private Register Free()
    {
        Register register;
        do
            register = (Register)_random.Next(10);
        while (register == _counter || (register == R6 && !Rarely()));
        return register;
    }

    private Register? Find(Func<Holding, bool> fits)
    {
        int first = _random.Next(11);
        for (int i = 0; i < 11; i++)
        {
            int register = (first + i) % 11;
            if (fits(_holds[register]))
                return (Register)register;
        }
        return null;
    }

    /// <summary>A register with a number that may be changed; one is made where there is none.</summary>
    private Register SomeNumber()
    {
        Register? found = Find(h => h == Holding.Number);
        if (found is { } register && register != _counter)
            return register;
        register = Free();
        Number(register);
        return register;
    }

    /// <summary>Fills a register with a number that is not known, or is.</summary>
    private void Number(Register register)
    {
        switch (_random.Next(4))
        {
            case 0:
                Emit(Asm.Mov64(register, Immediate(_random)));
                break;
            case 1 when Find(h => h == Holding.Context) is { } context:
                Emit(Asm.Load(Size.W, register, context, 12));
                break;
            case 2 when Find(h => h is Holding.ArrayValue or Holding.HashValue) is { } value:
                Emit(Asm.Load(RandomSize(), register, value, (short)(8 * _random.Next(3))));
                break;
            default:
                Emit(Asm.LoadImmediate64(register, (ulong)_random.NextInt64(long.MinValue, long.MaxValue) >> _random.Next(64)));
                break;
        }
        Set(register, Holding.Number);
    }

    private Size RandomSize() => _random.Next(4) switch { 0 => Size.B, 1 => Size.H, 2 => Size.W, _ => Size.DW };

    private static int Bytes(Size size) => size switch { Size.B => 1, Size.H => 2, Size.W => 4, _ => 8 };

    private static int Immediate(Random random) => random.Next(8) switch
    {
        0 => random.Next(-4, 5),
        1 => random.Next(int.MinValue, int.MaxValue),
        2 => 1 << random.Next(32),
        3 => (1 << random.Next(32)) - 1,
        4 => -(1 << random.Next(32)),
        5 => int.MinValue + random.Next(3),
        _ => random.Next(0, 70),
    };
}
