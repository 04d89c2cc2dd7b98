namespace Ebpf.Verifier.State;

/// <summary>The abstract machine at one point of one path: frames, acquired references, the lock that is held.</summary>
/// <remarks>The kernel's <c>struct bpf_verifier_state</c>. There is one working state; others are kept packed (see StatePacking).</remarks>
internal sealed class MachineState
{
    internal const int MaxFrames = 8, MaxReferences = 64;

    internal readonly FrameState[] Frames = new FrameState[MaxFrames];

    internal readonly Reference[] References = new Reference[MaxReferences];

    internal int ReferenceCount;

    /// <summary>The frame that runs.</summary>
    internal int Depth;

    /// <summary>The identity of the map value whose spin lock is held; 0 where none is.</summary>
    internal int LockId;

    /// <summary>The map of the lock that is held.</summary>
    internal int LockMap;

    /// <summary>How many read-side critical sections are open.</summary>
    internal int ReadLocks;

    /// <summary>How many times preemption was disabled.</summary>
    internal int PreemptionLocks;

    /// <summary>How many may_goto jumps this path has continued through.</summary>
    internal int MayGotoDepth;

    internal MachineState() => Frames[0] = new FrameState();

    internal FrameState Frame => Frames[Depth];

    internal ref RegisterState this[int register] => ref Frames[Depth].Registry[register];

    internal void Start(int function)
    {
        Depth = 0;
        Frames[0].Reset(0, function, -1, FrameRole.Entry);
        ReferenceCount = 0;
        LockId = LockMap = ReadLocks = PreemptionLocks = MayGotoDepth = 0;
    }

    /// <summary>The frame at a depth; most programs need only the first.</summary>
    internal FrameState FrameAt(int depth) => Frames[depth] ??= new FrameState();

    internal bool HasReference(int id)
    {
        for (int i = 0; i < ReferenceCount; i++)
        {
            if (References[i].Id == id)
                return true;
        }

        return false;
    }

    /// <summary>Whether something of a kind is held.</summary>
    internal bool Holds(ReferenceKind kind)
    {
        for (int i = 0; i < ReferenceCount; i++)
        {
            if (References[i].Kind == kind)
                return true;
        }

        return false;
    }

    internal bool TryRelease(int id)
    {
        for (int i = 0; i < ReferenceCount; i++)
        {
            if (References[i].Id != id)
                continue;
            References.AsSpan(i + 1, ReferenceCount - i - 1).CopyTo(References.AsSpan(i));
            ReferenceCount--;
            return true;
        }

        return false;
    }
}

/// <summary>Something acquired that must be released.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Instruction">Where it was acquired.</param>
/// <param name="Depth">The frame that acquired it.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct Reference(int Id, int Instruction, int Depth, ReferenceKind Kind = ReferenceKind.Object);

/// <summary>What was acquired.</summary>
internal enum ReferenceKind : byte
{
    /// <summary>An object.</summary>
    Object,

    /// <summary>Disabled interrupts, which are restored in the opposite order.</summary>
    Interrupts,

    /// <summary>A resilient spin lock.</summary>
    Lock,
}
