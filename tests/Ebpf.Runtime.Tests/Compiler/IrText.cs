using System.Text;
using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Tests.Compiler;

/// <summary>Intermediate form as text, and the functions that tests of passes begin with.</summary>
internal static class IrText
{
    /// <summary>A function of one block, with everything live at its end that <paramref name="live"/> names.</summary>
    public static IrFunction Function(uint live, params ReadOnlySpan<Node> nodes)
    {
        var function = new IrFunction();
        foreach (Node node in nodes)
            function.Add(node);
        function.Add(new Block { First = 0, Count = nodes.Length, Next = -1, Target = -1, LiveOut = (ushort)live });
        return function;
    }

    public static Node Op(IrOp op, byte d, byte a, byte b, byte width = 8) => new() { Op = op, D = d, A = a, B = b, Width = width };

    public static Node Op(IrOp op, byte d, byte a, long immediate, byte width = 8) =>
        new() { Op = op, D = d, A = a, B = Node.None, Width = width, Flags = NodeFlags.Immediate, Immediate = immediate };

    public static Node Move(byte d, byte a, byte width = 8) => new() { Op = IrOp.Move, D = d, A = a, B = Node.None, Width = width };

    public static Node Constant(byte d, long value) => new() { Op = IrOp.Constant, D = d, A = Node.None, B = Node.None, Width = 8, Immediate = value };

    public static Node Load(byte size, byte d, byte a, int offset = 0) => new() { Op = IrOp.Load, D = d, A = a, B = Node.None, Width = 8, Size = size, Offset = offset };

    /// <summary>One node a line, without what was removed.</summary>
    public static string[] Of(IrFunction function)
    {
        List<string> lines = [];
        foreach (Node node in function.Nodes)
        {
            if (node.Op != IrOp.Nop)
                lines.Add(Of(node));
        }

        return [.. lines];
    }

    private static string Of(in Node node)
    {
        var text = new StringBuilder();
        string width = node.Width == 4 ? "32" : "";
        switch (node.Op)
        {
            case IrOp.Constant:
                return $"r{node.D} = {node.Immediate}";
            case IrOp.Load:
                return $"r{node.D} = load{node.Size} {Address(node)}";
            case IrOp.Store:
                return $"store{node.Size} {Address(node)}, {(node.HasImmediate ? node.Immediate : $"r{node.D}")}";
            case IrOp.ZeroExtend or IrOp.SignExtend:
                return $"r{node.D} = {node.Op}{node.Size} r{node.A}{(node.Op == IrOp.SignExtend ? $" to {node.Width}" : "")}";
            case IrOp.Exit:
                return "exit";
        }

        text.Append($"r{node.D} = {node.Op}{width} r{node.A}");
        if (node.HasImmediate)
            text.Append($", {node.Immediate}");
        else if (node.B != Node.None)
            text.Append($", r{node.B}");
        return text.ToString();
    }

    private static string Address(in Node node) =>
        $"[r{node.A}{(node.B == Node.None ? "" : $" + r{node.B} * {1 << node.Scale}")}{(node.Offset == 0 ? "" : $" + {node.Offset}")}]";
}
