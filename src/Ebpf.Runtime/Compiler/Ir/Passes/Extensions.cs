namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>Recognises extensions: without 32-bit instructions, compilers shift to the left end and back.</summary>
internal static class Extensions
{
    internal static void Run(IrFunction function)
    {
        foreach (ref readonly Block block in function.Blocks)
        {
            Span<Node> nodes = function.NodesOf(block);
            for (int i = 1; i < nodes.Length; i++)
            {
                ref Node node = ref nodes[i];
                if (node.Op is not (IrOp.Shr or IrOp.Sar) || !node.HasImmediate || node.Immediate == 0)
                    continue;
                int left = Previous(nodes, i);
                if (left < 0)
                    continue;
                ref readonly Node shift = ref nodes[left];
                bool isPair = shift.Op == IrOp.Shl && shift.HasImmediate && shift.D == node.A && shift.Width == node.Width && shift.Immediate == node.Immediate;
                int bits = node.Width * 8 - (int)node.Immediate;
                // What was shifted must still be there: so it is where the shift did not overwrite it, or where only the result is wanted.
                if (!isPair || bits is not (8 or 16 or 32) || (shift.D == shift.A && shift.D != node.D))
                    continue;
                Extend(ref nodes[i], shift.A, bits);
                if (shift.D == node.D)
                    nodes[left].Op = IrOp.Nop;
            }
        }
    }

    private static void Extend(ref Node node, byte from, int bits)
    {
        bool signed = node.Op == IrOp.Sar;
        node.Op = signed ? IrOp.SignExtend : bits == 32 ? IrOp.Move : IrOp.ZeroExtend;
        node.Width = (byte)(!signed && bits == 32 ? 4 : node.Width);
        node.Size = (byte)(bits / 8);
        node.A = from;
        node.Flags &= ~NodeFlags.Immediate;
    }

    private static int Previous(Span<Node> nodes, int index)
    {
        for (index--; index >= 0 && nodes[index].Op == IrOp.Nop; index--)
        {
        }

        return index;
    }
}
