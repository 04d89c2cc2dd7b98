using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Tests.Memory;

public class ExecutionSlotsTests
{
    [Fact]
    public void A_thread_enters_its_own_slot_again()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, 3);
        using ExecutionSlot outer = slots.Enter();
        using ExecutionSlot inner = slots.Enter();

        Assert.Equal(outer.Index, inner.Index);
    }

    [Fact]
    public void Runs_of_two_engines_nest_and_come_back_to_their_own_slots()
    {
        NativeHeap heap = new();
        using ExecutionSlots left = new(heap, 3), right = new(heap, 1);
        for (int round = 0; round < 10; round++)
        {
            using ExecutionSlot first = left.Enter();
            using ExecutionSlot second = right.Enter();
            using ExecutionSlot third = left.Enter();
            using ExecutionSlot fourth = right.Enter();
            Assert.Equal(first.Index, third.Index);
            Assert.Equal(second.Index, fourth.Index);
        }

        Assert.False(left.IsInRun);
        Assert.False(right.IsInRun);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_two_threads_are_in_a_slot_at_once_however_many_there_are(int count)
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, count);
        int[] inside = new int[count];

        Threads.Run(6, _ =>
        {
            for (int i = 0; i < 5000; i++)
            {
                using ExecutionSlot slot = slots.Enter();
                Assert.Equal(1, Interlocked.Increment(ref inside[slot.Index]));
                using (slots.Enter())
                    Interlocked.Decrement(ref inside[slot.Index]);
            }
        });
    }

    [Fact]
    public void Without_runs_freeing_is_not_deferred()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, 2);
        int freed = 0;

        slots.Defer(() => freed++);

        Assert.Equal(1, freed);
    }

    [Fact]
    public void What_is_deferred_is_freed_when_the_runs_that_were_there_have_left_and_not_before()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, 3);
        using SemaphoreSlim other = new(0), otherEntered = new(0);
        int freed = 0;
        Thread thread = new(() =>
        {
            using ExecutionSlot slot = slots.Enter();
            otherEntered.Release();
            other.Wait();
        });
        thread.Start();
        otherEntered.Wait();

        using (slots.Enter())
            slots.Defer(() => freed++);
        Assert.Equal(0, freed);
        Assert.Equal(1, slots.DeferredCount);

        // Runs that begin afterwards are in nobody's way.
        other.Release();
        thread.Join();
        Assert.Equal(1, freed);
        Assert.Equal(0, slots.DeferredCount);
    }

    [Fact]
    public void A_run_that_began_later_does_not_hold_up_what_was_deferred_before()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, 2);
        long epoch = slots.Advance();
        using ExecutionSlot slot = slots.Enter();

        Assert.True(slots.HasPassed(epoch));
        Assert.False(slots.HasPassed(slots.Advance()));
    }

    [Fact]
    public void A_thread_that_is_in_a_run_cannot_wait_for_it()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, 2);
        slots.WaitForRuns();
        using ExecutionSlot slot = slots.Enter();

        Assert.Throws<InvalidOperationException>(slots.WaitForRuns);
    }

    [Fact]
    public void Everything_that_is_deferred_is_freed_exactly_once_whoever_defers_it()
    {
        NativeHeap heap = new();
        using ExecutionSlots slots = new(heap, 2);
        int[] freed = new int[8000];

        Threads.Run(4, worker =>
        {
            for (int i = 0; i < 2000; i++)
            {
                int item = worker * 2000 + i;
                using ExecutionSlot slot = slots.Enter();
                slots.Defer(() => Interlocked.Increment(ref freed[item]));
            }
        });

        Assert.Equal(0, slots.DeferredCount);
        Assert.All(freed, count => Assert.Equal(1, count));
    }
}
