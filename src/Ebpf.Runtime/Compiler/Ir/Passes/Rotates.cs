namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>Recognises rotations: BPF has none, so compilers shift left and right by what adds up to the width, and join the halves.</summary>
internal static class Rotates
{
    /// <summary>Shifts and what joins them are near each other.</summary>
    private const int Reach = 24;

    internal static void Run(IrFunction function)
    {
        Span<int> operands = stackalloc int[Reach];
        foreach (ref readonly Block block in function.Blocks)
        {
            Span<Node> nodes = function.NodesOf(block);
            var values = new Values();
            values.Begin();
            for (int i = 0; i < nodes.Length; i++)
            {
                ref Node node = ref nodes[i];
                if (node.Op is IrOp.Shl or IrOp.Shr && node.HasImmediate)
                    operands[i % Reach] = values.Of(node.A, node.Width);
                else if (node.Op is IrOp.Or or IrOp.Xor or IrOp.Add && !node.HasImmediate)
                    Join(nodes, i, ref values, operands);
                values.Step(node, i);
            }
        }
    }

    private static void Join(Span<Node> nodes, int index, ref Values values, Span<int> operands)
    {
        ref Node join = ref nodes[index];
        int a = values.DefinitionOf(join.A), b = values.DefinitionOf(join.B);
        int first = Math.Min(a, b), second = Math.Max(a, b);
        if (first < 0 || first == second || index - first >= Reach)
            return;
        ref Node one = ref nodes[first], other = ref nodes[second];
        bool areShifts = (one.Op == IrOp.Shl && other.Op == IrOp.Shr) || (one.Op == IrOp.Shr && other.Op == IrOp.Shl);
        int bits = join.Width * 8;
        if (!areShifts || !one.HasImmediate || !other.HasImmediate || one.Width != join.Width || other.Width != join.Width
            || one.Immediate + other.Immediate != bits || operands[first % Reach] != operands[second % Reach])
            return;

        int count = (int)(one.Op == IrOp.Shl ? one.Immediate : other.Immediate);
        byte holder = values.Find(operands[first % Reach], join.Width);
        if (holder != Node.None)
        {
            Rotate(ref join, join.D, holder, count);
            return;
        }

        // The value itself is gone: rotate where the first half was made, if nobody reads that half.
        for (int i = first + 1; i < index; i++)
        {
            if ((nodes[i].Reads >> one.D & 1) != 0)
                return;
        }

        Rotate(ref one, one.D, one.A, count);
        join.Op = IrOp.Move;
        join.A = one.D;
        join.B = Node.None;
        if (join.A == join.D)
            join.Op = IrOp.Nop;
    }

    private static void Rotate(ref Node node, byte to, byte from, int count)
    {
        node.Op = IrOp.Rotl;
        node.D = to;
        node.A = from;
        node.B = Node.None;
        node.Flags |= NodeFlags.Immediate;
        node.Immediate = count;
    }
}
