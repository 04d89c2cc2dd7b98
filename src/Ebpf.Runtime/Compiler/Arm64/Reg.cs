namespace Ebpf.Runtime.Compiler.Arm64;

/// <summary>The general registers. Number 31 is zero or the stack pointer, as the instruction says.</summary>
internal enum Reg : byte
{
    X0, X1, X2, X3, X4, X5, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17, X18, X19, X20, X21, X22, X23, X24, X25, X26, X27, X28, X29, X30, Zero,

    /// <summary>The stack pointer.</summary>
    Sp = Zero,

    /// <summary>No register: an address without an index.</summary>
    None = 255,
}

/// <summary>What a conditional branch tests, by its number in encodings.</summary>
internal enum Flag : byte
{
    Equal, NotEqual, AboveOrEqual, Below, Negative, NotNegative, Above = 8, BelowOrEqual, GreaterOrEqual, Less, Greater, LessOrEqual,
}

/// <summary>An address: base + displacement, or base + (index &lt;&lt; scale).</summary>
internal readonly record struct Memory(Reg Base, int Displacement, Reg Index = Reg.None, int Scale = 0);
