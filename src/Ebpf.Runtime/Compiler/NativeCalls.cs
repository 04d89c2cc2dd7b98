using System.Runtime.InteropServices;
using Ebpf.Runtime.Interpreter;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Compiler;

/// <summary>
/// What machine code calls, through pointers in the run's state. An exception must never pass through machine code: each function catches everything,
/// leaves the error in the run and marks it stopped, which the code tests.
/// </summary>
internal static unsafe class NativeCalls
{
    /// <summary>Beside the size of an access that is tested: it writes, is atomic, extends the sign.</summary>
    internal const int Write = 16, Atomic = 32, Signed = 64;

    /// <summary>Fills in the pointers.</summary>
    internal static void Fill(RunState* state)
    {
        state->CallHelper = &CallHelper;
        state->TailCall = &TailCall;
        state->CallRegister = &CallRegister;
        state->LoadPacket = &LoadPacket;
        state->Stop = &Stop;
        state->LoadChecked = &LoadChecked;
        state->Check = &Check;
    }

    /// <summary>Calls the helper of the operation at the position.</summary>
    [UnmanagedCallersOnly]
    private static ulong CallHelper(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            ulong result = ((delegate*<ulong, ulong, ulong, ulong, ulong, Run, ulong>)state->Position->Immediate)(r1, r2, r3, r4, r5, run);
            if (run.IsChecking)
                RunState.ForgetRegion(state);
            return result;
        }
        catch (Exception e)
        {
            run.Stop(e);
            return 0;
        }
    }

    /// <summary>bpf_tail_call: the machine code to jump to; 0 where there is none, with R0 in the state.</summary>
    [UnmanagedCallersOnly]
    private static ulong TailCall(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            return (ulong)run.TailCallNative(r2, (uint)r3);
        }
        catch (Exception e)
        {
            run.Stop(e);
            return (ulong)run.Program.Native!.ReturnStub;
        }
    }

    /// <summary>callx: the machine code to call. R1 is what the register holds; the arguments are in the state.</summary>
    [UnmanagedCallersOnly]
    private static ulong CallRegister(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            return (ulong)run.CallRegisterNative(state->Position, r1);
        }
        catch (Exception e)
        {
            run.Stop(e);
            return (ulong)run.Program.Native!.ReturnStub;
        }
    }

    /// <summary>A legacy packet load by the registers of the state: 0 where it lies outside the packet; the value is in R0 of the state.</summary>
    [UnmanagedCallersOnly]
    private static ulong LoadPacket(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            return run.LoadPacket(state->Position) ? 1u : 0;
        }
        catch (Exception e)
        {
            run.Stop(e);
            return 0;
        }
    }

    /// <summary>Stops the run for a <see cref="StopReason"/>.</summary>
    [UnmanagedCallersOnly]
    private static ulong Stop(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            switch ((StopReason)r1)
            {
                case StopReason.Budget: run.Stop("the instruction budget is used up"); break;
                case StopReason.Depth: run.Stop("calls are nested too deeply"); break;
                default: run.Trap(state->Position); break;
            }
        }
        catch (Exception e)
        {
            run.Stop(e);
        }

        return 0;
    }

    /// <summary>What a tested load at R1 reads; R2 is its size and kind.</summary>
    [UnmanagedCallersOnly]
    private static ulong LoadChecked(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            if (run.Memory.Load(r1, (uint)r2 & 15, (r2 & Signed) != 0, out ulong value))
                Remember(run, state, r1);
            return value;
        }
        catch (Exception e)
        {
            run.Stop(e);
            return 0;
        }
    }

    /// <summary>Tests an access at R1; R2 is its size and kind. Gives back the address; the run is stopped where it is not allowed.</summary>
    [UnmanagedCallersOnly]
    private static ulong Check(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, RunState* state)
    {
        Run run = Run.FromState(state);
        try
        {
            uint size = (uint)r2 & 15;
            bool writes = (r2 & Write) != 0;
            if ((r2 & Atomic) != 0)
                _ = run.Memory.CheckAtomic(r1, size, writes);
            else if (writes ? run.Memory.CheckWrite(r1, size) : run.Memory.CheckRead(r1, size))
                Remember(run, state, r1);
        }
        catch (Exception e)
        {
            run.Stop(e);
        }

        return r1;
    }

    /// <summary>
    /// Lets machine code touch a region without asking, until the next call of a helper. Not the stack, whose end moves with each call, and not the
    /// context, where each byte has its own rules.
    /// </summary>
    private static void Remember(Run run, RunState* state, ulong address)
    {
        if (run.Memory.TryFind(address, 1, out MemoryRegion region) && region.IsWritable && region.Size >= 8 && region.Kind is not (MemoryKinds.Stack or MemoryKinds.Context))
            RunState.SetRegion(state, region.Start, region.Size);
    }
}
