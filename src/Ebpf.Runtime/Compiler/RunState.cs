using System.Runtime.InteropServices;
using Ebpf.Runtime.Interpreter;

namespace Ebpf.Runtime.Compiler;

/// <summary>The part of a run's state that machine code reaches, through one register. What is used most lies within a short displacement.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct RunState
{
    internal const int Bytes = 256;
    internal const int StoppedOffset = 0, CpuOffset = 4, PositionOffset = 8, StackAtOffset = 16, StackLimitOffset = 24, BudgetOffset = 40;
    internal const int CallHelperOffset = 48, TailCallOffset = 56, CallRegisterOffset = 64, LoadPacketOffset = 72, StopOffset = 80, LoadCheckedOffset = 88, CheckOffset = 96;
    internal const int RegionStartOffset = 104, RegisterOffset = 128, RegionLimitOffset = 216;

    /// <summary>Not 0 where the run ends now.</summary>
    [FieldOffset(StoppedOffset)] public int IsStopped;

    /// <summary>Which per-CPU values the run uses.</summary>
    [FieldOffset(CpuOffset)] public int Cpu;

    /// <summary>The operation being executed, as far as it matters.</summary>
    [FieldOffset(PositionOffset)] public Operation* Position;

    /// <summary>Where the stack of a function begins that the next call enters: below the caller's.</summary>
    [FieldOffset(StackAtOffset)] public byte* StackAt;

    /// <summary>The lowest byte of the run's stack.</summary>
    [FieldOffset(StackLimitOffset)] public byte* StackLimit;

    /// <summary>The run: a GCHandle.</summary>
    [FieldOffset(32)] public nint Run;

    /// <summary>Instructions that the run may still execute, where they are counted.</summary>
    [FieldOffset(BudgetOffset)] public long Budget;

    // What machine code calls: see NativeCalls.
    [FieldOffset(CallHelperOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> CallHelper;
    [FieldOffset(TailCallOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> TailCall;
    [FieldOffset(CallRegisterOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> CallRegister;
    [FieldOffset(LoadPacketOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> LoadPacket;
    [FieldOffset(StopOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> Stop;
    [FieldOffset(LoadCheckedOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> LoadChecked;
    [FieldOffset(CheckOffset)] public delegate* unmanaged<ulong, ulong, ulong, ulong, ulong, RunState*, ulong> Check;

    /// <summary>Where accesses are tested: the memory that was touched last and may be written.</summary>
    [FieldOffset(RegionStartOffset)] public ulong RegionStart;

    /// <summary>Eight bytes that nobody uses: what <see cref="RegionStart"/> is where nothing was touched yet.</summary>
    [FieldOffset(112)] public ulong Nothing;

    /// <summary>R0 to R10: what a run begins with, and where slow operations find and leave values.</summary>
    [FieldOffset(RegisterOffset)] public fixed ulong Registers[11];

    /// <summary>The last offset in that memory at which 1, 2, 4, 8 bytes still lie inside.</summary>
    [FieldOffset(RegionLimitOffset)] public fixed ulong RegionLimits[4];

    /// <summary>Makes the next access a slow one.</summary>
    internal static void ForgetRegion(RunState* state) => SetRegion(state, (ulong)&state->Nothing, 8);

    /// <summary>Lets accesses to a region of at least 8 bytes through, without asking.</summary>
    internal static void SetRegion(RunState* state, ulong start, ulong size)
    {
        state->RegionStart = start;
        for (int i = 0; i < 4; i++)
            state->RegionLimits[i] = size - (1u << i);
    }
}
