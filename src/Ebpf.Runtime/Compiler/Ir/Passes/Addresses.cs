namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>Computes addresses where they are used: base + (index &lt;&lt; scale) + displacement, from the additions and shifts before.</summary>
internal static class Addresses
{
    internal static void Run(IrFunction function)
    {
        Span<Operands> operands = function.NodeCount <= 512 ? stackalloc Operands[512] : new Operands[function.NodeCount];
        foreach (ref readonly Block block in function.Blocks)
        {
            Span<Node> nodes = function.NodesOf(block);
            var values = new Values();
            values.Begin();
            for (int i = 0; i < nodes.Length; i++)
            {
                ref Node node = ref nodes[i];
                if (node.HasAddress)
                    Fold(ref node, nodes, ref values, operands);
                else if (node is { Op: IrOp.Add, Width: 8, HasImmediate: true })
                    FoldSum(ref node, nodes, ref values, operands);
                if (node is { Op: IrOp.Add or IrOp.Sub, Width: 8 } or { Op: IrOp.Shl, Width: 8, HasImmediate: true })
                    operands[i] = new Operands(values.Of(node.A, 8), node.B == Node.None ? 0 : values.Of(node.B, 8));
                values.Step(node, i);
            }
        }
    }

    private static void Fold(ref Node node, Span<Node> nodes, ref Values values, Span<Operands> operands)
    {
        bool canIndex = node.Op is not (IrOp.Atomic or IrOp.LookupArray);
        // Each turn takes one addition into the address; what is left in the end is what no addition of this block made.
        for (int turn = 0; turn < 6; turn++)
        {
            int definition = values.DefinitionOf(node.A);
            if (definition < 0)
                break;
            ref readonly Node made = ref nodes[definition];
            if (made is { Op: IrOp.Add or IrOp.Sub, Width: 8, HasImmediate: true } && IsThere(made.A, operands[definition].A, ref values))
            {
                long offset = node.Offset + (made.Op == IrOp.Add ? made.Immediate : -made.Immediate);
                if (offset != (int)offset)
                    break;
                node.Offset = (int)offset;
                node.A = made.A;
            }
            else if (canIndex && node.B == Node.None && made is { Op: IrOp.Add, Width: 8, HasImmediate: false }
                && IsThere(made.A, operands[definition].A, ref values) && IsThere(made.B, operands[definition].B, ref values))
            {
                (node.A, node.B) = (made.A, made.B);
                node.Scale = 0;
                // A shifted register can only be the index.
                if (Shift(node.A, nodes, ref values, operands) != 0 && Shift(node.B, nodes, ref values, operands) == 0)
                    (node.A, node.B) = (node.B, node.A);
            }
            else
            {
                break;
            }
        }

        if (node.B == Node.None || node.Scale != 0 || !canIndex)
            return;
        int scale = Shift(node.B, nodes, ref values, operands);
        if (scale == 0)
            return;
        node.B = nodes[values.DefinitionOf(node.B)].A;
        node.Scale = (byte)scale;
    }

    /// <summary>a + i + j = a + (i + j).</summary>
    private static void FoldSum(ref Node node, Span<Node> nodes, ref Values values, Span<Operands> operands)
    {
        int definition = values.DefinitionOf(node.A);
        if (definition < 0 || nodes[definition] is not { Op: IrOp.Add, Width: 8, HasImmediate: true } made || made.A == made.D
            || !IsThere(made.A, operands[definition].A, ref values))
            return;
        long sum = node.Immediate + made.Immediate;
        if (sum != (int)sum)
            return;
        node.A = made.A;
        node.Immediate = sum;
    }

    /// <summary>By how much a register's value was shifted to the left, if that can be a scale and what was shifted is still there; 0 otherwise.</summary>
    private static int Shift(byte register, Span<Node> nodes, ref Values values, Span<Operands> operands)
    {
        int definition = values.DefinitionOf(register);
        return definition >= 0 && nodes[definition] is { Op: IrOp.Shl, Width: 8, HasImmediate: true, Immediate: >= 1 and <= 3 } made
            && IsThere(made.A, operands[definition].A, ref values)
            ? (int)made.Immediate
            : 0;
    }

    private static bool IsThere(byte register, int value, ref Values values) => values.Of(register, 8) == value;

    /// <summary>The numbers of the values that an operation had as its operands.</summary>
    private readonly record struct Operands(int A, int B);
}
