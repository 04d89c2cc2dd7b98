using Ebpf.Bytecode.Isa;

namespace Ebpf.Verifier.Domains;

/// <summary>What a conditional jump asks of its two operands. The values are those of the opcode's operation bits (RFC 9669 §4.3).</summary>
internal enum Comparison : byte
{
    /// <summary>left == right</summary>
    Equal = Opcodes.Jeq,

    /// <summary>left != right</summary>
    NotEqual = Opcodes.Jne,

    /// <summary>left &gt; right, unsigned</summary>
    Greater = Opcodes.Jgt,

    /// <summary>left &gt;= right, unsigned</summary>
    GreaterOrEqual = Opcodes.Jge,

    /// <summary>left &lt; right, unsigned</summary>
    Less = Opcodes.Jlt,

    /// <summary>left &lt;= right, unsigned</summary>
    LessOrEqual = Opcodes.Jle,

    /// <summary>left &gt; right, signed</summary>
    SignedGreater = Opcodes.Jsgt,

    /// <summary>left &gt;= right, signed</summary>
    SignedGreaterOrEqual = Opcodes.Jsge,

    /// <summary>left &lt; right, signed</summary>
    SignedLess = Opcodes.Jslt,

    /// <summary>left &lt;= right, signed</summary>
    SignedLessOrEqual = Opcodes.Jsle,

    /// <summary>(left &amp; right) != 0</summary>
    AnySet = Opcodes.Jset,

    /// <summary>(left &amp; right) == 0: no jump asks it, but not taking one finds it out.</summary>
    NoneSet = Opcodes.Jcond | 0x01,
}

/// <summary>Whether an instruction looks at whole registers or at their low halves.</summary>
internal enum OperandWidth : byte
{
    /// <summary>The low 32 bits.</summary>
    Bits32,

    /// <summary>All 64 bits.</summary>
    Bits64,
}

/// <summary>What is known of a conditional jump before it is taken.</summary>
internal enum BranchOutcome : byte
{
    /// <summary>Both ways are possible.</summary>
    Unknown,

    /// <summary>Always taken.</summary>
    Always,

    /// <summary>Never taken.</summary>
    Never,
}

internal static class Comparisons
{
    /// <summary>The comparison that a conditional jump's opcode byte asks.</summary>
    public static Comparison Of(byte opcode) => (Comparison)(opcode & Opcodes.OperationMask);

    /// <summary>What holds where this does not.</summary>
    public static Comparison Negated(this Comparison comparison) => comparison switch
    {
        Comparison.Equal => Comparison.NotEqual,
        Comparison.NotEqual => Comparison.Equal,
        Comparison.Greater => Comparison.LessOrEqual,
        Comparison.GreaterOrEqual => Comparison.Less,
        Comparison.Less => Comparison.GreaterOrEqual,
        Comparison.LessOrEqual => Comparison.Greater,
        Comparison.SignedGreater => Comparison.SignedLessOrEqual,
        Comparison.SignedGreaterOrEqual => Comparison.SignedLess,
        Comparison.SignedLess => Comparison.SignedGreaterOrEqual,
        Comparison.SignedLessOrEqual => Comparison.SignedGreater,
        Comparison.AnySet => Comparison.NoneSet,
        Comparison.NoneSet => Comparison.AnySet,
        _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "not a comparison"),
    };

    /// <summary>What holds of the operands the other way round.</summary>
    public static Comparison Mirrored(this Comparison comparison) => comparison switch
    {
        Comparison.Greater => Comparison.Less,
        Comparison.GreaterOrEqual => Comparison.LessOrEqual,
        Comparison.Less => Comparison.Greater,
        Comparison.LessOrEqual => Comparison.GreaterOrEqual,
        Comparison.SignedGreater => Comparison.SignedLess,
        Comparison.SignedGreaterOrEqual => Comparison.SignedLessOrEqual,
        Comparison.SignedLess => Comparison.SignedGreater,
        Comparison.SignedLessOrEqual => Comparison.SignedGreaterOrEqual,
        _ => comparison,
    };
}
