namespace Ebpf.Runtime.Compiler.X64;

/// <summary>Where registers of BPF live, so that a helper's arguments are where the system's calling convention wants them, and R6 to R9 where callees keep them.</summary>
internal sealed class Convention
{
    /// <summary>The home of each register, by its number.</summary>
    public required Gpr[] Homes { get; init; }

    /// <summary>Registers without a meaning between nodes.</summary>
    public required Gpr Scratch { get; init; }

    /// <summary>See <see cref="Scratch"/>.</summary>
    public required Gpr Scratch2 { get; init; }

    /// <summary>See <see cref="Scratch"/>.</summary>
    public required Gpr Scratch3 { get; init; }

    /// <summary>The register of a call's sixth argument; <see cref="Gpr.None"/> where the fifth and the sixth are on the stack.</summary>
    public required Gpr SixthArgument { get; init; }

    /// <summary>Registers that a function must keep for who calls it.</summary>
    public required Gpr[] Saved { get; init; }

    /// <summary>Bytes of stack that a caller gives to its callee.</summary>
    public required int ArgumentArea { get; init; }

    /// <summary>The first and the second argument of the way in.</summary>
    public required Gpr FirstArgument { get; init; }

    /// <summary>See <see cref="FirstArgument"/>.</summary>
    public required Gpr SecondArgument { get; init; }

    /// <summary>The run's state, in every function.</summary>
    public const Gpr State = Gpr.R12;

    /// <summary>R10.</summary>
    public const Gpr Frame = Gpr.Rbp;

    /// <summary>The convention of this process.</summary>
    public static Convention Current { get; } = OperatingSystem.IsWindows() ? Windows : SystemV;

    /// <remarks>System V ABI, AMD64 supplement, §3.2.</remarks>
    public static Convention SystemV => new()
    {
        Homes = [Gpr.Rax, Gpr.Rdi, Gpr.Rsi, Gpr.Rdx, Gpr.Rcx, Gpr.R8, Gpr.Rbx, Gpr.R13, Gpr.R14, Gpr.R15, Frame],
        Scratch = Gpr.R11,
        Scratch2 = Gpr.R10,
        Scratch3 = Gpr.R9,
        SixthArgument = Gpr.R9,
        Saved = [Gpr.Rbp, Gpr.Rbx, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15],
        ArgumentArea = 0,
        FirstArgument = Gpr.Rdi,
        SecondArgument = Gpr.Rsi,
    };

    /// <remarks>"x64 calling convention" in Microsoft's documentation: four registers, then the stack above 32 bytes for the callee.</remarks>
    public static Convention Windows => new()
    {
        Homes = [Gpr.Rax, Gpr.Rcx, Gpr.Rdx, Gpr.R8, Gpr.R9, Gpr.R10, Gpr.Rbx, Gpr.Rdi, Gpr.Rsi, Gpr.R14, Frame],
        Scratch = Gpr.R11,
        Scratch2 = Gpr.R13,
        Scratch3 = Gpr.R15,
        SixthArgument = Gpr.None,
        Saved = [Gpr.Rbp, Gpr.Rbx, Gpr.Rdi, Gpr.Rsi, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15],
        ArgumentArea = 48,
        FirstArgument = Gpr.Rcx,
        SecondArgument = Gpr.Rdx,
    };
}
