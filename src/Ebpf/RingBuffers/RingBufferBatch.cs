namespace Ebpf;

/// <summary>Records of a ring buffer in its own memory: <c>foreach</c> over it, which disposes it at its end.</summary>
public ref struct RingBufferBatch
{
    private readonly RingBufferReader _reader;
    private readonly long _lease;
    private ReadOnlySpan<byte> _current;

    internal RingBufferBatch(RingBufferReader reader, long lease)
    {
        _reader = reader;
        _lease = lease;
    }

    /// <summary>The record, valid until the batch is disposed.</summary>
    public readonly ReadOnlySpan<byte> Current => _current;

    /// <summary>The batch itself, for foreach.</summary>
    public readonly RingBufferBatch GetEnumerator() => this;

    /// <summary>Goes to the next record that its producer did not discard.</summary>
    public bool MoveNext() => _reader.Next(_lease, out _current);

    /// <summary>Gives the space of what was enumerated back. Once is enough, for all copies.</summary>
    public void Dispose()
    {
        _current = default;
        _reader.End(_lease);
    }
}
