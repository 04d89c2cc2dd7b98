using System.Runtime.CompilerServices;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>
/// The elements of an array map in this process' memory: what a program writes is there at once, and what is written here the program reads, without a
/// call. Who writes what others read at the same time uses <see cref="Interlocked"/> and <see cref="Volatile"/>, as between threads.
/// </summary>
/// <remarks>
/// For arrays that were created with <see cref="MapFlags.Mmapable"/> (since Linux 5.5). Spans and references into it must not be used after it is
/// disposed: the memory may be gone. It stays when the map is disposed.
/// </remarks>
public sealed unsafe class BpfMapMemory : IDisposable
{
    private readonly IMapMemory _memory;
    private readonly string _map;
    private readonly int _valueSize;
    private bool _isDisposed;

    internal BpfMapMemory(IMapMemory memory, BpfMap map, bool isWritable)
    {
        _memory = memory;
        _map = map.Name;
        _valueSize = map.ValueSize;
        Stride = BpfMap.Padded(map.ValueSize);
        Count = checked((int)map.MaxEntries);
        IsWritable = isWritable;
    }

    /// <summary>Whether it may be written to. Where it may not, writing ends the process.</summary>
    public bool IsWritable { get; }

    /// <summary>How many elements there are.</summary>
    public int Count { get; }

    /// <summary>Bytes from one element to the next: the value's size, rounded up to 8.</summary>
    public int Stride { get; }

    /// <summary>The value of an element.</summary>
    /// <exception cref="InvalidOperationException">The memory may only be read; use <see cref="Read"/>.</exception>
    public Span<byte> this[int index] => IsWritable ? new Span<byte>(Element(index), _valueSize) : throw new InvalidOperationException($"map '{_map}' is mapped for reading");

    /// <summary>The value of an element, to be read.</summary>
    public ReadOnlySpan<byte> Read(int index) => new(Element(index), _valueSize);

    /// <summary>The value of an element as a type of its size. Written to only where <see cref="IsWritable"/>.</summary>
    public ref T Get<T>(int index) where T : unmanaged
    {
        if (sizeof(T) != _valueSize)
        {
            throw new ArgumentException($"values of map '{_map}' have {_valueSize} bytes, {typeof(T).Name} has {sizeof(T)}");
        }

        return ref Unsafe.AsRef<T>(Element(index));
    }

    /// <summary>Gives the memory up.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _memory.Dispose();
    }

    private byte* Element(int index)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return (byte*)_memory.Start + (nint)index * Stride;
    }
}
