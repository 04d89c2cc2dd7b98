using System.Runtime.CompilerServices;

namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>
/// Which value each register has at one place of a block, by number: two registers with the same number hold the same bits. Low numbers tell the
/// same of the lower 32 bits. For passes that look for operations over the same values.
/// </summary>
internal struct Values
{
    private Numbers _whole, _low, _definitions;
    private int _last;

    /// <summary>Nothing is known, as at the start of a block.</summary>
    public void Begin()
    {
        for (int register = 0; register < Registers.Count; register++)
        {
            _whole[register] = _low[register] = ++_last;
            _definitions[register] = -1;
        }
    }

    /// <summary>The number of a register's value; of its lower half where the width is 4.</summary>
    public readonly int Of(byte register, int width) => width == 4 ? _low[register] : _whole[register];

    /// <summary>The node of the block that the register's value comes from; -1 where it comes from elsewhere.</summary>
    public readonly int DefinitionOf(byte register) => register == Node.None ? -1 : _definitions[register];

    /// <summary>A register that holds a value now; <see cref="Node.None"/> where none does.</summary>
    public readonly byte Find(int value, int width)
    {
        for (byte register = 0; register < Registers.Count; register++)
        {
            if (Of(register, width) == value)
                return register;
        }

        return Node.None;
    }

    /// <summary>Goes on behind a node.</summary>
    public void Step(in Node node, int index)
    {
        uint written = node.Writes;
        if (written == 0)
            return;
        if (node.Op == IrOp.Move)
        {
            int low = _low[node.A];
            _whole[node.D] = node.Width == 8 ? _whole[node.A] : ++_last;
            _low[node.D] = low;
            _definitions[node.D] = index;
            return;
        }

        for (int register = 0; written != 0; register++, written >>= 1)
        {
            if ((written & 1) == 0)
                continue;
            _whole[register] = _low[register] = ++_last;
            _definitions[register] = index;
        }
    }

    [InlineArray(Registers.Count)]
    private struct Numbers
    {
        private int _first;
    }
}
