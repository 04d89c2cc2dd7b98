using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Memory;

/// <summary>
/// The slots that runs hold, a virtual CPU each: per-CPU values belong to a slot, and what a run can see is freed only when every run that
/// could see it has left its slot (as RCU does in the kernel). Entering takes no lock, and a thread that is in a run enters its own slot again.
/// </summary>
/// <remarks>
/// A slot is idle at epoch 0; a run publishes the epoch at which it entered. What was unlinked before the epoch was advanced to E is invisible to
/// runs that entered at E or later, so it may be freed as soon as all slots are idle or at least at E.
/// </remarks>
internal sealed unsafe class ExecutionSlots : IDisposable
{
    // A cache, so that a thread comes back to the slot it had: the engine's id, not the engine, lest a thread keeps an engine alive.
    [ThreadStatic] private static long s_lastOwner;
    [ThreadStatic] private static int s_lastIndex;

    // The source of ids that tell engines apart in the cache above.
    private static long s_ids;

    private readonly NativeBlock _block;
    private readonly Slot* _slots;
    private readonly long _id = Interlocked.Increment(ref s_ids);
    private readonly Queue<(long Epoch, Action Free)> _deferred = new();
    private long _epoch = 1;
    private int _deferredCount;
    private int _blockingHint;
    private volatile bool _isDisposed;

    /// <param name="heap">Where the slots live.</param>
    /// <param name="count">How many runs there can be at a time, and how many values a per-CPU element has.</param>
    public ExecutionSlots(NativeHeap heap, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Count = count;
        _block = heap.Allocate((ulong)count * (ulong)sizeof(Slot), (uint)sizeof(Slot), "execution slots");
        _slots = (Slot*)_block.Address;
    }

    /// <summary>Creates as many slots as the process has processors.</summary>
    public ExecutionSlots(NativeHeap heap)
        : this(heap, Environment.ProcessorCount)
    {
    }

    /// <summary>How many slots there are.</summary>
    public int Count { get; }

    /// <summary>How many things wait to be freed.</summary>
    public int DeferredCount => Volatile.Read(ref _deferredCount);

    /// <summary>Enters a slot: this thread's own one if it is in a run, else a free one, for which it waits if it must.</summary>
    public ExecutionSlot Enter()
    {
        int thread = Environment.CurrentManagedThreadId;
        if (s_lastOwner == _id)
        {
            int last = s_lastIndex;
            Slot* slot = _slots + last;
            if (slot->Thread == thread)
            {
                slot->Depth++;
                return new ExecutionSlot(this, last);
            }

            if (TryTake(slot, thread))
                return new ExecutionSlot(this, last);
            // Whenever the cache names this engine and this thread is in a run of it, it names the run's slot: no need to look for another.
            return EnterAny(thread);
        }

        for (int i = 0; i < Count; i++)
        {
            if (_slots[i].Thread == thread)
            {
                _slots[i].Depth++;
                return Remember(i);
            }
        }

        return EnterAny(thread);
    }

    /// <summary>Whether the calling thread is in a run.</summary>
    public bool IsInRun
    {
        get
        {
            int thread = Environment.CurrentManagedThreadId;
            for (int i = 0; i < Count; i++)
            {
                if (_slots[i].Thread == thread)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Begins a new epoch and answers it. What was unlinked before the call can be freed once <see cref="HasPassed"/> says so of it.</summary>
    public long Advance() => Interlocked.Increment(ref _epoch);

    /// <summary>Whether no run is left that entered before an epoch began.</summary>
    public bool HasPassed(long epoch)
    {
        // The slot that was in the way last time most likely still is.
        int hint = Volatile.Read(ref _blockingHint);
        if (IsBefore(_slots + hint, epoch))
            return false;
        for (int i = 0; i < Count; i++)
        {
            if (IsBefore(_slots + i, epoch))
            {
                Volatile.Write(ref _blockingHint, i);
                return false;
            }
        }

        return true;
    }

    /// <summary>Calls <paramref name="free"/> once no run is left that was there before the call: at once if there is none.</summary>
    public void Defer(Action free)
    {
        if (_isDisposed)
        {
            free();
            return;
        }

        long epoch = Advance();
        if (HasPassed(epoch))
        {
            free();
            return;
        }

        lock (_deferred)
        {
            _deferred.Enqueue((epoch, free));
            _deferredCount++;
        }

        // Leaving a slot stores and then looks at the count without a fence of its own. This is the fence: either the run that leaves sees
        // the count, or we see that it has left.
        Interlocked.MemoryBarrierProcessWide();
        FreeDeferred();
    }

    /// <summary>Waits until every run that was there before the call has left.</summary>
    /// <exception cref="InvalidOperationException">The caller is itself in a run, and would wait for ever.</exception>
    public void WaitForRuns()
    {
        if (IsInRun)
            throw new InvalidOperationException("a thread that is in a run cannot wait for all runs to leave");
        long epoch = Advance();
        SpinWait spin = default;
        while (!HasPassed(epoch))
            spin.SpinOnce();
    }

    /// <summary>Frees what was deferred and the slots. No run may be left.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        while (_deferred.TryDequeue(out (long Epoch, Action Free) next))
            next.Free();
        _block.Dispose();
    }

    internal void Leave(int index)
    {
        Slot* slot = _slots + index;
        if (--slot->Depth > 0)
            return;
        slot->Thread = 0;
        Volatile.Write(ref slot->Epoch, 0);
        if (Volatile.Read(ref _deferredCount) != 0)
            FreeDeferred();
    }

    private static bool IsBefore(Slot* slot, long epoch)
    {
        long entered = Volatile.Read(ref slot->Epoch);
        return entered != 0 && entered < epoch;
    }

    private bool TryTake(Slot* slot, int thread)
    {
        // The epoch may be stale by the time it is published: an older one only keeps more alive. The exchange is the fence between
        // publishing and the first look at shared data.
        if (slot->Epoch != 0 || Interlocked.CompareExchange(ref slot->Epoch, Volatile.Read(ref _epoch), 0) != 0)
            return false;
        slot->Thread = thread;
        slot->Depth = 1;
        return true;
    }

    private ExecutionSlot EnterAny(int thread)
    {
        int start = (int)((uint)Thread.GetCurrentProcessorId() % (uint)Count);
        SpinWait spin = default;
        while (true)
        {
            for (int i = 0; i < Count; i++)
            {
                int index = start + i < Count ? start + i : start + i - Count;
                if (TryTake(_slots + index, thread))
                    return Remember(index);
            }

            spin.SpinOnce();
        }
    }

    private ExecutionSlot Remember(int index)
    {
        s_lastOwner = _id;
        s_lastIndex = index;
        return new ExecutionSlot(this, index);
    }

    private void FreeDeferred()
    {
        while (true)
        {
            Action free;
            lock (_deferred)
            {
                // Epochs are enqueued nearly in order, so the first that has not passed ends the round.
                if (!_deferred.TryPeek(out (long Epoch, Action Free) next) || !HasPassed(next.Epoch))
                    return;
                _deferred.Dequeue();
                _deferredCount--;
                free = next.Free;
            }

            free();
        }
    }

    /// <summary>A slot, alone in its cache line (two, where processors prefetch pairs).</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    private struct Slot
    {
        public long Epoch;
        public int Thread;
        public int Depth;
    }
}

/// <summary>A slot that a run holds; disposing it leaves the slot.</summary>
internal readonly struct ExecutionSlot(ExecutionSlots slots, int index) : IDisposable
{
    /// <summary>Which slot: the run's CPU.</summary>
    public int Index { get; } = index;

    /// <summary>Leaves the slot.</summary>
    public void Dispose() => slots.Leave(Index);
}
