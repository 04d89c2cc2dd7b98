using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Tool.Output.Html;

/// <summary>A program's basic blocks and the ways between them, with a place for each on a drawing: rows from the entry down, ways back go up.</summary>
internal sealed class BlockGraph
{
    private readonly Dictionary<int, int> _blockAt = [];

    private BlockGraph(List<Block> blocks, List<Way> ways)
    {
        Blocks = blocks;
        Ways = ways;
    }

    public List<Block> Blocks { get; }

    public List<Way> Ways { get; }

    public int Rows { get; private set; }

    /// <summary>Blocks in the widest row.</summary>
    public int Columns { get; private set; }

    /// <summary>The block that starts at a slot; -1 where none does.</summary>
    public int StartingAt(int slot) => _blockAt.GetValueOrDefault(slot, -1);

    public static BlockGraph Of(WalkTrace trace)
    {
        Instruction[] code = trace.Shape.Code;
        var starts = new SortedSet<int>(trace.Shape.Functions.Select(static f => f.Start));
        for (int slot = 0; slot < code.Length; slot++)
        {
            if (trace.Texts[slot] is null || code[slot].Class is not (InstructionClass.Jmp or InstructionClass.Jmp32))
                continue;
            if (code[slot].Opcode is Opcodes.Call or Opcodes.CallRegister)
                continue;
            if (code[slot].Opcode != Opcodes.Exit)
                starts.Add(Target(code[slot], slot));
            starts.Add(slot + 1);
        }

        starts.RemoveWhere(slot => slot < 0 || slot >= code.Length || trace.Texts[slot] is null);
        int[] first = [.. starts, code.Length];
        var graph = new BlockGraph([], []);
        for (int i = 0; i + 1 < first.Length; i++)
        {
            graph._blockAt[first[i]] = i;
            graph.Blocks.Add(new Block(first[i], first[i + 1]));
        }

        foreach (Block block in graph.Blocks)
            graph.AddWays(trace, block);
        graph.Place();
        return graph;
    }

    private static int Target(in Instruction instruction, int slot) => slot + 1 + (instruction.Opcode == Opcodes.JumpLong ? instruction.Immediate : instruction.Offset);

    private void AddWays(WalkTrace trace, Block block)
    {
        Instruction[] code = trace.Shape.Code;
        int last = block.End - 1;
        while (trace.Texts[last] is null)
            last--;
        bool isJump = code[last].Class is InstructionClass.Jmp or InstructionClass.Jmp32 && code[last].Opcode is not (Opcodes.Call or Opcodes.CallRegister);
        int from = StartingAt(block.Start);
        if (isJump && code[last].Opcode == Opcodes.Exit)
            return;
        if (isJump)
            Add(from, Target(code[last], last), isTaken: code[last].Opcode is not (Opcodes.Jump or Opcodes.JumpLong));
        if (!isJump || code[last].Opcode is not (Opcodes.Jump or Opcodes.JumpLong))
            Add(from, block.End, isTaken: false);
    }

    private void Add(int from, int slot, bool isTaken)
    {
        if (StartingAt(slot) is >= 0 and var to)
            Ways.Add(new Way(from, to, isTaken));
    }

    /// <summary>A row for each block, below all that lead to it but by a way back; within a row by where it is come from.</summary>
    private void Place()
    {
        List<int>[] next = [.. Blocks.Select(static _ => new List<int>())];
        List<int>[] before = [.. Blocks.Select(static _ => new List<int>())];
        // Code is laid out so that ways to lower slots are the ways back.
        foreach (Way way in Ways.Where(static w => w.To > w.From))
        {
            next[way.From].Add(way.To);
            before[way.To].Add(way.From);
        }

        for (int i = 0; i < Blocks.Count; i++)
            Blocks[i].Row = before[i].Count == 0 ? 0 : before[i].Max(b => Blocks[b].Row) + 1;
        foreach (IGrouping<int, int> row in Enumerable.Range(0, Blocks.Count).GroupBy(i => Blocks[i].Row).OrderBy(static g => g.Key))
        {
            int column = 0;
            foreach (int i in row.OrderBy(i => before[i].Count == 0 ? 0 : before[i].Average(b => Blocks[b].Column)).ThenBy(static i => i))
                Blocks[i].Column = column++;
            Columns = Math.Max(Columns, column);
            Rows = Math.Max(Rows, row.Key + 1);
        }
    }

    internal sealed class Block(int start, int end)
    {
        public int Start => start;

        public int End => end;

        public int Row { get; set; }

        public int Column { get; set; }
    }

    internal readonly record struct Way(int From, int To, bool IsTaken);
}
