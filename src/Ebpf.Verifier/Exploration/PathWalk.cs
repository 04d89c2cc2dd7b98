using Ebpf.Bytecode.Isa;
using Ebpf.Verifier.Checks;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Exploration;

/// <summary>
/// Walks every path of a function depth first, and prunes: where the working state is covered by one from which everything was proved already, the path
/// ends. A finished walk is a proof that every path is safe and ends.
/// </summary>
/// <remarks>do_check and is_state_visited in the kernel's verifier.</remarks>
internal sealed class PathWalk : IPaths, IDisposable
{
    /// <summary>More than this for kept states, and only those that must be kept still are.</summary>
    private const long MemoryLimit = 512L << 20;

    // Linux gives up at 8192 (BPF_COMPLEXITY_LIMIT_JMP_SEQ); packed states are small.
    private const int PendingLimit = 65536;

    private readonly WalkMemory _memory;
    private readonly Checkpoints _kept;
    private readonly PendingPaths _pending;
    private readonly Subsumption _subsumption;
    private readonly Instruction[] _code;
    private readonly ControlFlow _flow;
    private readonly Liveness _liveness;
    private readonly int _limit;
    private Transfer _transfer = null!;
    private WalkLog _log = null!;
    private int _current;
    private int _lastId;
    private int _jumps, _jumpsAtLastCheckpoint, _processedAtLastCheckpoint;

    internal PathWalk(ProgramShape shape, ControlFlow flow, Liveness liveness, VerifierOptions options, bool isStrict)
    {
        _memory = WalkMemory.Rent();
        (_kept, _pending, State) = (_memory.Kept, _memory.Pending, _memory.State);
        _code = shape.Code;
        _flow = flow;
        _liveness = liveness;
        _limit = options.InstructionLimit;
        _subsumption = new Subsumption(isStrict);
        _kept.Clear(_code.Length);
    }

    /// <summary>The working state.</summary>
    internal MachineState State { get; }

    internal int Processed { get; private set; }

    internal int TotalStates { get; private set; }

    internal int PeakStates { get; private set; }

    public int NewId() => ++_lastId;

    public void Fork(int slot, Edge edge)
    {
        if (_pending.Count >= PendingLimit)
            throw new Refusal(Rule.TooComplex, slot, $"more than {PendingLimit} branches are waiting to be explored", "split the function, or simplify its conditions");
        _pending.Push(State, slot, edge, _current, _log.Path.Count);
        if (_current >= 0)
            _kept[_current].Open++;
    }

    public void Need(ulong sources)
    {
        if (sources != 0)
            Provenance.Need(_kept, _current, sources);
    }

    public void Generalise(int slot, bool isThere)
    {
        int previous = isThere && _current >= 0 ? _kept[_current].Parent : _current;
        while (previous >= 0 && !(_kept[previous].Slot == slot && IsSameSite(_kept[previous])))
            previous = _kept[previous].Parent;
        if (previous >= 0)
            Widening.Apply(_kept, _kept[previous], State);
    }

    /// <summary>Explores everything that can follow from the working state, which is at a slot.</summary>
    internal void Explore(int start, Transfer transfer, WalkLog log)
    {
        _transfer = transfer;
        _log = log;
        _log.Path.Clear();
        _kept.Forget();
        _pending.Clear();
        _current = -1;
        _jumps = _jumpsAtLastCheckpoint = 0;
        _processedAtLastCheckpoint = Processed;
        int slot = start;
        while (true)
        {
            while (slot >= 0)
            {
                if (++Processed > _limit)
                    throw TooComplex(slot);
                if (_flow.IsPruningPoint(slot) && IsProvedAt(slot))
                {
                    _log.Pruned(slot, State);
                    break;
                }

                _log.Step(slot, State);
                if (_code[slot].Class is InstructionClass.Jmp or InstructionClass.Jmp32)
                    _jumps++;
                slot = transfer.Step(slot);
            }

            EndPath();
            if (_pending.Count == 0)
                return;
            PendingPaths.Entry entry = _pending.Pop(State);
            _current = entry.Parent;
            _log.Path.CutBack(entry.Steps);
            slot = transfer.Resume(entry.Slot, entry.Edge);
            _log.Resumed(entry.Slot, slot, State);
        }
    }

    /// <summary>The walk is over: its memory is for the next one.</summary>
    public void Dispose()
    {
        (TotalStates, PeakStates) = (_kept.Total, _kept.Peak);
        WalkMemory.Return(_memory);
    }

    private Refusal TooComplex(int slot) => new(
        Rule.TooComplex,
        slot,
        $"the limit of {_limit} processed instructions is reached",
        "simplify loops (bpf_loop() verifies its body once), or move parts into global functions, which are verified on their own");

    /// <summary>Whether what follows from the working state is proved already. If not, the state may be kept.</summary>
    private bool IsProvedAt(int slot)
    {
        bool forced = _flow.IsForced(slot);
        bool keep = forced || (_jumps - _jumpsAtLastCheckpoint >= 2 && Processed - _processedAtLastCheckpoint >= 8);
        int previous = -1, next;
        for (int index = _kept.First(slot); index >= 0; index = next)
        {
            ref Checkpoint entry = ref _kept[index];
            next = entry.Next;
            if (entry.Open > 0)
            {
                if (forced && IsRound(entry))
                {
                    if (_subsumption.Covers(entry, _kept, State, Likeness.Within))
                    {
                        GoRound(index);
                        entry.Hits++;
                        return true;
                    }
                }
                else if (_subsumption.Covers(entry, _kept, State, Likeness.Same) && IsEndless(entry))
                {
                    throw new Refusal(
                        Rule.InfiniteLoop,
                        slot,
                        "the path comes back here with nothing changed: the loop never ends",
                        "make the loop's condition depend on a variable that every round changes, with a constant bound");
                }

                // Rounds of a loop differ from each other; keeping every one of them helps nobody.
                if (!forced && _jumps - _jumpsAtLastCheckpoint < 20 && Processed - _processedAtLastCheckpoint < 100)
                    keep = false;
            }
            else
            {
                int loop = _kept.OpenLoopEntry(index);
                if (_subsumption.Covers(entry, _kept, State, loop >= 0 ? Likeness.Within : Likeness.AsNeeded))
                {
                    entry.Hits++;
                    if (loop >= 0)
                        GoRound(loop);
                    Need(Provenance.NeededOf(_kept, entry, State) | _subsumption.ReliedOn);
                    return true;
                }
            }

            if (keep)
                entry.Misses++;
            int patience = forced && entry.Open > 0 ? 64 : 3;
            if (entry.Misses > entry.Hits * patience + patience)
                _kept.Evict(index, previous);
            else
                previous = index;
        }

        if (!keep || (!forced && _kept.Bytes > MemoryLimit))
            return false;
        if (_kept.Bytes > MemoryLimit * 2)
            throw new Refusal(Rule.TooComplex, slot, "too many different states have to be remembered", "simplify the loop around the callback");
        Identities.Forget(State, slot, _liveness);
        int added = _kept.Add(State, slot, _liveness, _current);
        Provenance.Begin(State, slot, _liveness);
        _current = added;
        _jumpsAtLastCheckpoint = _jumps;
        _processedAtLastCheckpoint = Processed;
        return false;
    }

    /// <summary>
    /// Whether coming back to a checkpoint at a place that the engine bounds is a round of that place: its loop was gone through in between. Coming back
    /// on another way, through a loop around it, is not; nothing bounds that one.
    /// </summary>
    private bool IsRound(in Checkpoint entry)
    {
        ReadOnlySpan<ulong> words = _kept.WordsOf(entry);
        if (_code[entry.Slot].Opcode == Opcodes.MayGoto)
            return (int)(words[2] >> 32) != State.MayGotoDepth;
        if (_code[entry.Slot].IsKernelFunctionCall && State[1].Kind == RegisterKind.Stack)
        {
            if (IsFurther(entry))
                return true;
        }

        if ((int)(uint)words[0] != State.Depth)
            return false;
        int at = FrameAt(words, State.Depth);
        return (int)(words[at + 2] >> 32) == State.Frame.Activation && (int)(words[at + 1] >> 32) < State.Frame.CallbackDepth;
    }

    /// <summary>Whether the iterator that the call is about to ask has given more elements than it had at the checkpoint: the same iterator, made once.</summary>
    private bool IsFurther(in Checkpoint entry)
    {
        ref RegisterState address = ref State[1];
        int offset = address.Offset + (int)(long)address.Value.Value;
        if (!address.Value.IsConstant || offset is >= 0 or < -FrameState.StackBytes)
            return false;
        ref StackSlot slot = ref State.Frames[address.Subject].Stack[FrameState.SlotOf(offset)];
        if (!slot.IsFullSpill || slot.Spill.Kind != RegisterKind.Iterator)
            return false;
        foreach (ref RegisterState item in _kept.ItemsOf(entry))
        {
            if (item.Kind == RegisterKind.Iterator && item.Reference == slot.Spill.Reference && item.Offset == slot.Spill.Offset)
                return item.Size < slot.Spill.Size;
        }

        return false;
    }

    /// <summary>Where the words of a frame begin.</summary>
    private static int FrameAt(ReadOnlySpan<ulong> words, int frame)
    {
        int at = StatePacking.HeaderWords + StatePacking.ReferenceWords * (int)(words[0] >> 32);
        for (int depth = 0; depth < frame; depth++)
            at += StatePacking.FrameWords + System.Numerics.BitOperations.PopCount(words[at + 3]);
        return at;
    }

    private bool IsEndless(in Checkpoint entry)
    {
        ReadOnlySpan<ulong> words = _kept.WordsOf(entry);
        return (int)(words[2] >> 32) == State.MayGotoDepth;
    }

    /// <summary>The path ends by joining the loop at a checkpoint that is still open: until that is done, the proofs on the way there count only for states within theirs.</summary>
    private void GoRound(int loop)
    {
        for (int index = _current; index >= 0 && index != loop; index = _kept[index].Parent)
        {
            ref Checkpoint entry = ref _kept[index];
            int known = _kept.OpenLoopEntry(index);
            // Both are on this path: the outer of the two loops decides.
            if (known >= 0 && _kept[known].Depth <= _kept[loop].Depth)
                continue;
            entry.LoopEntry = loop;
            entry.LoopEntryStamp = _kept[loop].Stamp;
        }
    }

    private bool IsSameSite(in Checkpoint entry)
    {
        ReadOnlySpan<ulong> words = _kept.WordsOf(entry);
        if ((int)(uint)words[0] != State.Depth)
            return false;
        int at = StatePacking.HeaderWords + StatePacking.ReferenceWords * (int)(words[0] >> 32);
        for (int depth = 0; depth <= State.Depth; depth++)
        {
            if ((int)(uint)words[at + 1] != State.Frames[depth].CallSite)
                return false;
            at += StatePacking.FrameWords + System.Numerics.BitOperations.PopCount(words[at + 3]);
        }

        return true;
    }

    private void EndPath()
    {
        int index = _current;
        while (index >= 0)
        {
            ref Checkpoint entry = ref _kept[index];
            if (--entry.Open > 0)
                return;
            int parent = entry.Parent;
            if (entry.IsEvicted)
                _kept.Free(index);
            index = parent;
        }
    }
}
