namespace Ebpf;

public sealed partial class BpfMap
{
    /// <summary>Appends to a queue or stack; false where it is full and <paramref name="flags"/> do not say <see cref="MapUpdateFlags.Exist"/>, which drops the oldest.</summary>
    public bool TryPush(ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any) => TryUpdate([], value, flags);

    /// <summary>Appends to a queue or stack.</summary>
    public void Push(ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any) => Update([], value, flags);

    /// <summary>Takes the oldest of a queue, the newest of a stack; false where it is empty.</summary>
    public bool TryPop(Span<byte> value) => TryLookupAndDelete([], value);

    /// <summary>Copies what <see cref="TryPop"/> would take; false where there is nothing.</summary>
    public bool TryPeek(Span<byte> value) => TryLookup([], value);
}
