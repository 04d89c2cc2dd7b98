namespace Ebpf.Runtime.Memory;

/// <summary>A block of a <see cref="NativeHeap"/>; disposing it frees it. A finalizer is the safety net for owners that were forgotten.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private readonly NativeHeap _heap;
    private readonly byte* _raw;
    private readonly uint _guard;
    private readonly bool _isLazy;
    private int _isFreed;

    internal NativeBlock(NativeHeap heap, byte* raw, byte* address, ulong size, long accountedBytes, uint guard, bool isLazy)
    {
        _heap = heap;
        _raw = raw;
        _guard = guard;
        _isLazy = isLazy;
        Address = address;
        Size = size;
        AccountedBytes = accountedBytes;
    }

    ~NativeBlock() => Free();

    /// <summary>The first byte.</summary>
    public byte* Address { get; }

    /// <summary>Bytes that were asked for.</summary>
    public ulong Size { get; }

    /// <summary>Bytes that the heap counts for the block.</summary>
    public long AccountedBytes { get; }

    /// <summary>Frees the block.</summary>
    /// <exception cref="InvalidOperationException">The heap is guarded, and something was written outside the block.</exception>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (!Free())
            throw new InvalidOperationException($"a block of {Size} bytes was written beyond its ends");
    }

    private bool Free() =>
        Interlocked.Exchange(ref _isFreed, 1) != 0 || _heap.Free(_raw, Address, Size, AccountedBytes, _guard, _isLazy);
}
