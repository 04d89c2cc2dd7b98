namespace Ebpf.Runtime.Compiler.Ir;

/// <summary>One function in intermediate form: what the front end makes, the passes improve and a back end emits. Its arrays are used again for the next function.</summary>
internal sealed class IrFunction
{
    private Node[] _nodes = new Node[256];
    private Block[] _blocks = new Block[32];

    /// <summary>Its number within the program.</summary>
    public int Index { get; set; }

    /// <summary>The slot where it begins.</summary>
    public int Slot { get; set; }

    /// <summary>Bytes of stack of its own frame.</summary>
    public int StackBytes { get; set; }

    /// <summary>Whether it calls anything, so that the machine's stack must be aligned.</summary>
    public bool HasCalls { get; set; }

    /// <summary>Whether may_goto counts in it.</summary>
    public bool HasMayGoto { get; set; }

    /// <summary>Whether it has a loop of bpf_loop, which keeps three numbers.</summary>
    public bool HasLoop { get; set; }

    public int NodeCount { get; private set; }

    public int BlockCount { get; private set; }

    public Span<Node> Nodes => _nodes.AsSpan(0, NodeCount);

    public Span<Block> Blocks => _blocks.AsSpan(0, BlockCount);

    /// <summary>The nodes of a block.</summary>
    public Span<Node> NodesOf(in Block block) => _nodes.AsSpan(block.First, block.Count);

    public void Clear()
    {
        NodeCount = BlockCount = 0;
        HasCalls = HasMayGoto = HasLoop = false;
    }

    public ref Node Add(in Node node)
    {
        if (NodeCount == _nodes.Length)
            Array.Resize(ref _nodes, NodeCount * 2);
        _nodes[NodeCount] = node;
        return ref _nodes[NodeCount++];
    }

    public ref Block Add(in Block block)
    {
        if (BlockCount == _blocks.Length)
            Array.Resize(ref _blocks, BlockCount * 2);
        _blocks[BlockCount] = block;
        return ref _blocks[BlockCount++];
    }

    /// <summary>Registers that the function writes.</summary>
    public uint Writes()
    {
        uint written = 0;
        foreach (ref readonly Node node in Nodes)
            written |= node.Writes;
        return written;
    }
}
