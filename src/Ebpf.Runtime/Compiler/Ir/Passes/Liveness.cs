namespace Ebpf.Runtime.Compiler.Ir.Passes;

/// <summary>Which registers blocks need from those before them: the only thing that is known beyond a block.</summary>
internal static class Liveness
{
    private const int OnStack = 256;

    internal static void Run(IrFunction function)
    {
        Span<Block> blocks = function.Blocks;
        Span<ushort> killed = blocks.Length <= OnStack ? stackalloc ushort[OnStack] : new ushort[blocks.Length];
        for (int i = 0; i < blocks.Length; i++)
        {
            uint reads = 0, writes = 0;
            foreach (ref readonly Node node in function.NodesOf(blocks[i]))
            {
                reads |= node.Reads & ~writes;
                writes |= node.Writes;
            }

            blocks[i].LiveIn = (ushort)reads;
            blocks[i].LiveOut = 0;
            killed[i] = (ushort)writes;
        }

        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = blocks.Length - 1; i >= 0; i--)
            {
                ref Block block = ref blocks[i];
                int liveOut = block.LiveOut;
                if (block.Next >= 0)
                    liveOut |= blocks[block.Next].LiveIn;
                if (block.Target >= 0)
                    liveOut |= blocks[block.Target].LiveIn;
                if (liveOut == block.LiveOut)
                    continue;
                block.LiveOut = (ushort)liveOut;
                int liveIn = block.LiveIn | (liveOut & ~killed[i]);
                changed |= liveIn != block.LiveIn;
                block.LiveIn = (ushort)liveIn;
            }
        }
    }
}
