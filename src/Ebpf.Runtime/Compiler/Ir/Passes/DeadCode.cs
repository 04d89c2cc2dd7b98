namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>Removes nodes of which nobody reads the result, and notes behind each node what is still read. Comes last.</summary>
internal static class DeadCode
{
    internal static void Run(IrFunction function)
    {
        foreach (ref Block block in function.Blocks)
        {
            uint live = block.LiveOut;
            Span<Node> nodes = function.NodesOf(block);
            for (int i = nodes.Length - 1; i >= 0; i--)
            {
                ref Node node = ref nodes[i];
                uint writes = node.Writes;
                if (node.IsPure && (writes & live) == 0)
                {
                    node.Op = IrOp.Nop;
                    continue;
                }

                node.LiveAfter = (ushort)live;
                live = (live & ~writes) | node.Reads;
            }
        }
    }
}
