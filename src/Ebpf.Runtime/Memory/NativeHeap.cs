using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Memory;

/// <summary>
/// Native memory of one engine, counted: what is live can be asked for at any time, and tests can make any allocation fail. Blocks are zeroed.
/// Safe for concurrent use.
/// </summary>
internal sealed unsafe class NativeHeap
{
    /// <summary>What page-aligned blocks are aligned to, on every machine: Linux's smallest page.</summary>
    public const uint PageSize = 4096;

    /// <summary>Above this, zeroed memory comes lazily from the operating system, so that an untouched giant costs address space only.</summary>
    private const ulong LazyThreshold = 128 * 1024;

    /// <summary>No machine has more user address space than this; a request beyond it is an arithmetic accident or an attack.</summary>
    private const ulong AbsurdSize = 1UL << 47;

    private const uint GuardBytes = 64;
    private const byte GuardPattern = 0xA7;

    private readonly bool _isGuarded;
    private long _liveBytes;
    private long _liveBlocks;
    private long _allocations;

    /// <param name="isGuarded">Whether blocks are surrounded by bytes that are compared when the block is freed (for tests).</param>
    public NativeHeap(bool isGuarded = false) => _isGuarded = isGuarded;

    /// <summary>Bytes in blocks that have not been freed, with what alignment adds.</summary>
    public long LiveBytes => Volatile.Read(ref _liveBytes);

    /// <summary>Blocks that have not been freed.</summary>
    public long LiveBlocks => Volatile.Read(ref _liveBlocks);

    /// <summary>Allocations tried so far, failed ones included.</summary>
    public long Allocations => Volatile.Read(ref _allocations);

    /// <summary>The number of the allocation that shall fail (the first ever is 1); 0 for none. Only tests set it.</summary>
    public long FailAt { get; set; }

    /// <summary>More bytes than this are never live at once.</summary>
    public long ByteLimit { get; init; } = long.MaxValue;

    /// <summary>Allocates a zeroed block aligned to a power of two.</summary>
    /// <exception cref="BpfException">ENOMEM: the memory is not there.</exception>
    public NativeBlock Allocate(ulong size, uint alignment, string purpose)
    {
        bool isInjected = Interlocked.Increment(ref _allocations) == FailAt;
        // Guards keep the alignment of what they surround.
        uint guard = _isGuarded ? Math.Max(GuardBytes, alignment) : 0;
        bool isLazy = size > LazyThreshold;
        ulong total = Math.Max(size, 1) + 2UL * guard + (isLazy ? alignment : 0);
        if (isInjected || size > AbsurdSize || total > (ulong)nint.MaxValue || !Reserve((long)total))
            throw OutOfMemory(size, purpose);

        byte* raw;
        try
        {
            raw = (byte*)(isLazy ? NativeMemory.AllocZeroed((nuint)total) : NativeMemory.AlignedAlloc((nuint)total, alignment));
        }
        catch (OutOfMemoryException)
        {
            Interlocked.Add(ref _liveBytes, -(long)total);
            throw OutOfMemory(size, purpose);
        }

        if (isLazy)
            HugePages.Ask(raw, total);
        else
            NativeMemory.Clear(raw, (nuint)total);
        byte* start = isLazy ? (byte*)(((nuint)raw + alignment - 1) & ~(nuint)(alignment - 1)) : raw;
        if (guard != 0)
        {
            new Span<byte>(start, (int)guard).Fill(GuardPattern);
            new Span<byte>(start + guard + size, (int)guard).Fill(GuardPattern);
        }

        Interlocked.Increment(ref _liveBlocks);
        return new NativeBlock(this, raw, start + guard, size, (long)total, guard, isLazy);
    }

    /// <summary>Allocates whole zeroed pages: memory that can be handed to a caller's address space.</summary>
    /// <exception cref="BpfException">ENOMEM: the memory is not there.</exception>
    public NativeBlock AllocatePages(ulong size, string purpose) =>
        Allocate(size > AbsurdSize ? size : (size + PageSize - 1) & ~(ulong)(PageSize - 1), PageSize, purpose);

    /// <summary>Counts memory that comes from elsewhere as a block of this heap.</summary>
    /// <exception cref="BpfException">ENOMEM: it would be too much.</exception>
    internal void Count(long bytes, string purpose)
    {
        if (Interlocked.Increment(ref _allocations) == FailAt || !Reserve(bytes))
            throw OutOfMemory((ulong)bytes, purpose);
        Interlocked.Increment(ref _liveBlocks);
    }

    /// <summary>Ends what <see cref="Count"/> began.</summary>
    internal void Uncount(long bytes)
    {
        Interlocked.Add(ref _liveBytes, -bytes);
        Interlocked.Decrement(ref _liveBlocks);
    }

    /// <summary>Gives a block back. Answers whether the guards around it were untouched.</summary>
    internal bool Free(byte* raw, byte* address, ulong size, long total, uint guard, bool isLazy)
    {
        bool isIntact = guard == 0
            || (!new ReadOnlySpan<byte>(address - guard, (int)guard).ContainsAnyExcept(GuardPattern)
                && !new ReadOnlySpan<byte>(address + size, (int)guard).ContainsAnyExcept(GuardPattern));
        if (isLazy)
            NativeMemory.Free(raw);
        else
            NativeMemory.AlignedFree(raw);
        Interlocked.Add(ref _liveBytes, -total);
        Interlocked.Decrement(ref _liveBlocks);
        return isIntact;
    }

    private bool Reserve(long bytes)
    {
        long live = Interlocked.Add(ref _liveBytes, bytes);
        if (live >= 0 && live <= ByteLimit)
            return true;
        Interlocked.Add(ref _liveBytes, -bytes);
        return false;
    }

    private static BpfException OutOfMemory(ulong size, string purpose) =>
        new($"no memory for {purpose} ({size} bytes): make it smaller or free what is not needed", Errno.ENOMEM);
}
