namespace Ebpf.Bytecode.Specs;

/// <summary>
/// Page-aligned memory that a caller supplies for the elements of an array, so that they are where the caller had them before the map was created. It is
/// given back when the caller and the map are both done with it.
/// </summary>
/// <param name="address">The first byte.</param>
/// <param name="size">How many bytes there are.</param>
/// <param name="release">Gives the memory back.</param>
internal sealed class MapStorage(nint address, ulong size, Action release)
{
    // The caller is the first holder.
    private int _holders = 1;

    public nint Address => address;

    public ulong Size => size;

    /// <summary>Whether these bytes are within the memory.</summary>
    public bool Contains(ulong start, ulong length) => start >= (ulong)address && length <= size && start - (ulong)address <= size - length;

    /// <summary>One more holder.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>One holder less; the last one gives the memory back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            release();
        }
    }
}
