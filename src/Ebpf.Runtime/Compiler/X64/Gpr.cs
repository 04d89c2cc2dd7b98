namespace Ebpf.Runtime.Compiler.X64;

/// <summary>The general registers, by their numbers in encodings.</summary>
internal enum Gpr : byte
{
    Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15,

    /// <summary>No register: an address without an index.</summary>
    None = 255,
}

/// <summary>What a conditional jump tests, by its number in encodings.</summary>
internal enum Flag : byte
{
    Below = 2, AboveOrEqual = 3, Equal = 4, NotEqual = 5, BelowOrEqual = 6, Above = 7, Sign = 8, Less = 12, GreaterOrEqual = 13, LessOrEqual = 14, Greater = 15,
}

/// <summary>An address: base + (index &lt;&lt; scale) + displacement.</summary>
internal readonly record struct Memory(Gpr Base, int Displacement, Gpr Index = Gpr.None, int Scale = 0);
