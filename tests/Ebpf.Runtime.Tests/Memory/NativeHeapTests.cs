using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Tests.Memory;

public unsafe class NativeHeapTests
{
    [Theory]
    [InlineData(1, 8)]
    [InlineData(100, 64)]
    [InlineData(4096, 4096)]
    [InlineData(1_000_000, 64)]
    [InlineData(1_000_000, 4096)]
    public void A_block_is_zeroed_aligned_and_counted_until_it_is_freed(int size, int alignment)
    {
        NativeHeap heap = new();
        for (int round = 0; round < 3; round++)
        {
            using NativeBlock block = heap.Allocate((ulong)size, (uint)alignment, "a test");
            Assert.Equal(0u, (nuint)block.Address % (uint)alignment);
            Assert.False(new ReadOnlySpan<byte>(block.Address, size).ContainsAnyExcept((byte)0));
            Assert.InRange(heap.LiveBytes, size, size + alignment);
            Assert.Equal(1, heap.LiveBlocks);
            new Span<byte>(block.Address, size).Fill(0xCC);
        }

        Assert.Equal(0, heap.LiveBytes);
        Assert.Equal(0, heap.LiveBlocks);
    }

    [Fact]
    public void Pages_are_whole()
    {
        NativeHeap heap = new();
        using NativeBlock block = heap.AllocatePages(5000, "a test");

        Assert.Equal(8192UL, block.Size);
        Assert.Equal(0u, (nuint)block.Address % 4096);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 48)]
    public void An_absurd_size_is_refused_with_ENOMEM_naming_what_it_was_for(ulong size)
    {
        NativeHeap heap = new();

        Assert.Equal(Errno.ENOMEM, Assert.Throws<BpfException>(() => heap.AllocatePages(size, "map 'm'")).Errno);
        BpfException error = Assert.Throws<BpfException>(() => heap.Allocate(size, 8, "map 'm'"));
        Assert.Contains("map 'm'", error.Message);
        Assert.Equal(0, heap.LiveBytes);
    }

    [Fact]
    public void The_allocation_that_shall_fail_fails_and_no_other()
    {
        NativeHeap heap = new() { FailAt = 2 };
        using NativeBlock first = heap.Allocate(8, 8, "a test");
        Assert.Throws<BpfException>(() => heap.Allocate(8, 8, "a test"));
        using NativeBlock third = heap.Allocate(8, 8, "a test");

        Assert.Equal(3, heap.Allocations);
        Assert.Equal(2, heap.LiveBlocks);
    }

    [Fact]
    public void No_more_is_live_than_the_limit()
    {
        NativeHeap heap = new() { ByteLimit = 1000 };
        using (heap.Allocate(600, 8, "a test"))
            Assert.Throws<BpfException>(() => heap.Allocate(600, 8, "a test"));
        heap.Allocate(600, 8, "a test").Dispose();
        Assert.Equal(0, heap.LiveBytes);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100)]
    public void A_guarded_heap_notices_a_write_beyond_a_block(int offset)
    {
        NativeHeap heap = new(isGuarded: true);
        NativeBlock block = heap.Allocate(100, 8, "a test");
        block.Address[offset] = 1;

        Assert.Throws<InvalidOperationException>(block.Dispose);
        Assert.Equal(0, heap.LiveBytes);
    }

    [Fact]
    public void Freeing_twice_is_freeing_once()
    {
        NativeHeap heap = new();
        NativeBlock block = heap.Allocate(100, 8, "a test");
        block.Dispose();
        block.Dispose();

        Assert.Equal(0, heap.LiveBlocks);
    }
}
