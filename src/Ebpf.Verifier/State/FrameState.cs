using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.State;

/// <summary>A call frame: its registers and its stack. One object per depth, reused for the whole verification.</summary>
internal sealed class FrameState
{
    internal const int StackBytes = 512, Slots = StackBytes / 8, Registers = 11;

    internal readonly RegisterState[] Registry = new RegisterState[Registers];

    internal readonly StackSlot[] Stack = new StackSlot[Slots];

    /// <summary>How many slots, from the frame's top, may hold something.</summary>
    internal int UsedSlots;

    /// <summary>The function that runs in it.</summary>
    internal int Function;

    /// <summary>The call in the frame below that made it; -1 for the first.</summary>
    internal int CallSite;

    /// <summary>How it was entered and what its result means.</summary>
    internal FrameRole Role;

    /// <summary>How many times the callback was entered at this call before, for a <see cref="FrameRole.Callback"/>; the depth of unrolling.</summary>
    internal int CallbackDepth;

    /// <summary>Which activation of a helper that calls back comes next in this frame: rounds belong together only within one.</summary>
    internal int Activation;

    internal void Reset(int depth, int function, int callSite, FrameRole role)
    {
        for (int i = 0; i < UsedSlots; i++)
            Stack[i] = default;
        UsedSlots = 0;
        Array.Clear(Registry);
        Function = function;
        CallSite = callSite;
        Role = role;
        CallbackDepth = 0;
        Activation = 0;
        ref RegisterState frame = ref Registry[10];
        frame.Kind = RegisterKind.Stack;
        frame.Value = Scalar.Constant(0ul);
        frame.Subject = depth;
    }

    /// <summary>The slot that a frame offset (negative, from the top) lies in.</summary>
    internal static int SlotOf(int offset) => (-offset - 1) >> 3;

    /// <summary>Makes room for the slots down to a frame offset.</summary>
    internal void Reach(int offset)
    {
        int slots = SlotOf(offset) + 1;
        if (slots > UsedSlots)
            UsedSlots = slots;
    }
}

/// <summary>How a frame was entered.</summary>
internal enum FrameRole : byte
{
    /// <summary>The program itself, or a global function verified on its own.</summary>
    Entry,

    /// <summary>A call of a static function.</summary>
    Call,

    /// <summary>A helper calls it, perhaps many times (bpf_loop, for_each_map_elem ...).</summary>
    Callback,

    /// <summary>A helper arranges for it to be called later (timers).</summary>
    LaterCallback,
}
