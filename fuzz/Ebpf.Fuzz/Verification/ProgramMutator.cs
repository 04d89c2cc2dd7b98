using Ebpf.Bytecode.Isa;

namespace Ebpf.Fuzz.Verification;

/// <summary>Changes a few instructions of a program; jumps and calls over what is put in or taken out go where they went.</summary>
internal sealed class ProgramMutator(Random random, MutatedProgram program)
{
    private static readonly int[] s_edges = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 31, 32, 33, 63, 64, 255, 256, 511, 512, 4096, 65535, 65536, int.MaxValue, int.MinValue, -1, -2, -8, -512, -4095];

    private readonly List<Instruction> _code = program.Code;

    public void Mutate()
    {
        // One change makes the most dangerous programs: nearly right.
        int changes = random.Next(3) switch { 0 => 2, 1 => 1, _ => random.Next(1, 6) };
        for (int i = 0; i < changes && _code.Count > 0; i++)
            Change(random.Next(_code.Count));
    }

    private void Change(int at)
    {
        Instruction old = _code[at];
        switch (random.Next(16))
        {
            case 0 or 1 or 2:
                _code[at] = old with { Immediate = Immediate(old.Immediate) };
                break;
            case 3 or 4:
                _code[at] = old with { Offset = Offset(old.Offset) };
                break;
            case 5:
                _code[at] = old with { Destination = (Register)random.Next(11) };
                break;
            case 6:
                _code[at] = old with { Source = (Register)random.Next(11) };
                break;
            case 7 or 8:
                _code[at] = old with { Opcode = OtherOpcode(old.Opcode) };
                break;
            case 9:
                _code[at] = _code[random.Next(_code.Count)];
                break;
            case 10:
                Instruction other = _code[random.Next(_code.Count)];
                _code[at] = old with { Opcode = other.Opcode };
                break;
            case 11 or 12:
                Remove(at);
                break;
            case 13:
                Insert(at, _code[random.Next(_code.Count)]);
                break;
            case 14:
                Insert(at, Invented());
                break;
            default:
                int next = Math.Min(at + 1, _code.Count - 1);
                (_code[at], _code[next]) = (_code[next], _code[at]);
                break;
        }
    }

    private int Immediate(int old) => random.Next(4) switch
    {
        0 => s_edges[random.Next(s_edges.Length)],
        1 => old + random.Next(-9, 10),
        2 => old ^ (1 << random.Next(32)),
        _ => _code[random.Next(_code.Count)].Immediate,
    };

    private short Offset(short old) => (short)(random.Next(4) switch
    {
        0 => s_edges[random.Next(s_edges.Length)],
        1 => old + random.Next(-9, 10),
        2 => -old,
        _ => _code[random.Next(_code.Count)].Offset,
    });

    private byte OtherOpcode(byte old)
    {
        for (int i = 0; i < 16; i++)
        {
            byte changed = random.Next(4) switch
            {
                0 => (byte)(old ^ Opcodes.SourceMask),
                // Between the widths of arithmetic and of jumps.
                1 => (byte)(old ^ (old & 4) switch { 0 => (byte)0x18, _ => (byte)((old & 3) is 0 or 3 ? 3 : 1) }),
                2 => (byte)(old & 0x0f | random.Next(16) << 4),
                _ => (byte)(old ^ 1 << random.Next(8)),
            };
            if (Opcodes.IsValid(changed) && changed != old)
                return changed;
        }

        return old;
    }

    private Instruction Invented()
    {
        byte operation = (byte)(random.Next(14) << 4);
        var destination = (Register)random.Next(10);
        var source = (Register)random.Next(10);
        byte width = (byte)(random.Next(2) == 0 ? 4 : 7);
        int value = s_edges[random.Next(s_edges.Length)];
        return random.Next(6) switch
        {
            0 => new Instruction((byte)(operation | width | Opcodes.SourceMask), destination, source, 0, 0),
            1 => new Instruction((byte)(operation | width), destination, 0, 0, value),
            2 => new Instruction((byte)(operation | (width == 4 ? 5 : 6) | (random.Next(2) == 0 ? Opcodes.SourceMask : 0)), destination, source, (short)random.Next(1, 6), random.Next(2) == 0 ? value : 0),
            3 => new Instruction((byte)(Opcodes.Mem | random.Next(4) << 3 | 1), destination, (Register)random.Next(11), (short)random.Next(-64, 64), 0),
            4 => new Instruction((byte)(Opcodes.Mem | random.Next(4) << 3 | 3), (Register)random.Next(11), source, (short)random.Next(-64, 64), 0),
            _ => new Instruction(Opcodes.Call, 0, 0, 0, random.Next(1, 212)),
        };
    }

    private void Insert(int at, Instruction instruction) => Shift(at, +1, () => _code.Insert(at, instruction));

    private void Remove(int at) => Shift(at, -1, () => _code.RemoveAt(at));

    /// <summary>Changes the length, and what reaches over the place.</summary>
    private void Shift(int at, int by, Action change)
    {
        for (int slot = 0; slot < _code.Count; slot++)
        {
            Instruction old = _code[slot];
            bool hasImmediate = old.IsLocalCall || old.Opcode == Opcodes.JumpLong || (old.IsWide && old.Source == (Register)PseudoLoad.Function);
            bool hasOffset = !hasImmediate && old.Class is InstructionClass.Jmp or InstructionClass.Jmp32 && old.Opcode is not (Opcodes.Call or Opcodes.Exit or Opcodes.JumpLong);
            int distance = hasImmediate ? old.Immediate : hasOffset ? old.Offset : 0;
            int target = slot + 1 + distance;
            int shift = (target > at ? by : 0) - (slot >= at ? by : 0);
            if (hasImmediate)
                _code[slot] = old with { Immediate = distance + shift };
            else if (hasOffset)
                _code[slot] = old with { Offset = (short)(distance + shift) };
            if (old.IsWide)
                slot++;
        }

        for (int i = 0; i < program.Starts.Count; i++)
        {
            if (program.Starts[i] > at)
                program.Starts[i] += by;
        }

        change();
    }
}
