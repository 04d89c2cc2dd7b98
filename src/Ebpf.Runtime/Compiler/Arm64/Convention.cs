using Ebpf.Runtime.Compiler.Ir;

namespace Ebpf.Runtime.Compiler.Arm64;

/// <summary>Where registers of BPF live, so that a helper's arguments are where the calling convention wants them, and R6 to R9 where callees keep them.</summary>
/// <remarks>Procedure Call Standard for the Arm 64-bit Architecture, §6.1; the same on Linux, Windows and macOS for what is used here. X18 belongs to the system.</remarks>
internal static class Convention
{
    /// <summary>The home of each register, by its number. R0 is not where results are: so it survives while arguments are made.</summary>
    internal static readonly Reg[] Homes = [Reg.X7, Reg.X0, Reg.X1, Reg.X2, Reg.X3, Reg.X4, Reg.X19, Reg.X20, Reg.X21, Reg.X22, Frame];

    /// <summary>R10.</summary>
    internal const Reg Frame = Reg.X25;

    /// <summary>The run's state, in every function.</summary>
    internal const Reg State = Reg.X26;

    /// <summary>The register of a call's sixth argument.</summary>
    internal const Reg SixthArgument = Reg.X5;

    /// <summary>Registers without a meaning between nodes.</summary>
    internal const Reg Scratch = Reg.X9, Scratch2 = Reg.X10, Scratch3 = Reg.X11, Scratch4 = Reg.X12;

    /// <summary>Where the caller goes on.</summary>
    internal const Reg Link = Reg.X30;

    /// <summary>The frame pointer of the machine's stack.</summary>
    internal const Reg FramePointer = Reg.X29;

    /// <summary>Those of R6 to R9 that a function writes.</summary>
    internal static uint SavedOf(IrFunction function) => function.Writes() & Registers.Saved;
}
