using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ebpf;

public sealed partial class BpfMap
{
    /// <summary>The map with typed keys and values, in the layout that programs see.</summary>
    /// <exception cref="ArgumentException">A type is not as large as the map's keys or values.</exception>
    public BpfMap<TKey, TValue> As<TKey, TValue>() where TKey : unmanaged where TValue : unmanaged
    {
        if (Unsafe.SizeOf<TKey>() != KeySize)
        {
            throw new ArgumentException($"keys of map '{Name}' have {KeySize} bytes, {typeof(TKey).Name} has {Unsafe.SizeOf<TKey>()}");
        }

        if (Unsafe.SizeOf<TValue>() != ValueSize)
        {
            throw new ArgumentException($"values of map '{Name}' have {ValueSize} bytes, {typeof(TValue).Name} has {Unsafe.SizeOf<TValue>()}");
        }

        return new BpfMap<TKey, TValue>(this);
    }

    /// <summary>The queue or stack with typed values.</summary>
    public BpfQueue<TValue> AsQueue<TValue>() where TValue : unmanaged =>
        KeySize != 0 || Type is not (MapType.Queue or MapType.Stack)
            ? throw new ArgumentException($"map '{Name}' is of type {Type}, not a queue or stack")
            : Unsafe.SizeOf<TValue>() != ValueSize
                ? throw new ArgumentException($"values of map '{Name}' have {ValueSize} bytes, {typeof(TValue).Name} has {Unsafe.SizeOf<TValue>()}")
                : new BpfQueue<TValue>(this);
}

/// <summary>A map with typed keys and values.</summary>
public readonly struct BpfMap<TKey, TValue> where TKey : unmanaged where TValue : unmanaged
{
    internal BpfMap(BpfMap map) => Untyped = map;

    /// <summary>The map.</summary>
    public BpfMap Untyped { get; }

    /// <summary>The value of a key. Setting inserts or replaces.</summary>
    /// <exception cref="BpfException">There is no such key, or no room for it.</exception>
    public TValue this[TKey key]
    {
        get
        {
            RequireOneValue();
            Unsafe.SkipInit(out TValue value);
            Untyped.Require(Untyped.Handle.Lookup(Bytes(in key), Bytes(ref value)), "look up a key in");
            return value;
        }
        set => Update(key, value);
    }

    /// <summary>The value of a key; false where it is not there.</summary>
    public bool TryLookup(TKey key, out TValue value)
    {
        RequireOneValue();
        value = default;
        return Untyped.Answer(Untyped.Handle.Lookup(Bytes(in key), Bytes(ref value)), "look up a key in");
    }

    /// <summary>Whether the key is there.</summary>
    public bool ContainsKey(TKey key) => Untyped.ContainsKey(Bytes(in key));

    /// <summary>Sets the value of a key; false where <paramref name="flags"/> forbid it or the map is full.</summary>
    public bool TryUpdate(TKey key, TValue value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        RequireOneValue();
        return Untyped.Answer(Untyped.Handle.Update(Bytes(in key), Bytes(in value), flags), "update");
    }

    /// <summary>Sets the value of a key.</summary>
    public void Update(TKey key, TValue value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        RequireOneValue();
        Untyped.Require(Untyped.Handle.Update(Bytes(in key), Bytes(in value), flags), "update");
    }

    /// <summary>Removes a key; false where it is not there.</summary>
    public bool TryDelete(TKey key) => Untyped.TryDelete(Bytes(in key));

    /// <summary>Removes a key.</summary>
    public void Delete(TKey key) => Untyped.Delete(Bytes(in key));

    /// <summary>Copies the value of a key and removes it; false where it is not there.</summary>
    public bool TryLookupAndDelete(TKey key, out TValue value)
    {
        RequireOneValue();
        value = default;
        return Untyped.Answer(Untyped.Handle.LookupAndDelete(Bytes(in key), Bytes(ref value)), "look up and delete a key in");
    }

    /// <summary>Sets the values of many keys; see <see cref="BpfMap.UpdateMany"/>.</summary>
    public void UpdateMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        RequireOneValue();
        Untyped.UpdateMany(MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), flags);
    }

    /// <summary>Sets the values of many keys; see <see cref="BpfMap.TryUpdateMany"/>.</summary>
    public int TryUpdateMany(ReadOnlySpan<TKey> keys, ReadOnlySpan<TValue> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        RequireOneValue();
        return Untyped.TryUpdateMany(MemoryMarshal.AsBytes(keys), MemoryMarshal.AsBytes(values), flags);
    }

    /// <summary>Removes many keys and answers how many were there; see <see cref="BpfMap.DeleteMany"/>.</summary>
    public int DeleteMany(ReadOnlySpan<TKey> keys) => Untyped.DeleteMany(MemoryMarshal.AsBytes(keys));

    /// <summary>Takes all elements out; see <see cref="BpfMap.Drain"/>.</summary>
    public IReadOnlyList<KeyValuePair<TKey, TValue>> Drain()
    {
        RequireOneValue();
        return [.. Untyped.Drain().Select(static entry => KeyValuePair.Create(MemoryMarshal.Read<TKey>(entry.Key), MemoryMarshal.Read<TValue>(entry.Value)))];
    }

    /// <summary>The values of all CPUs, of a per-CPU map.</summary>
    public TValue[] LookupPerCpu(TKey key)
    {
        RequirePerCpu();
        byte[] bytes = Untyped.Lookup(Bytes(in key));
        int stride = BpfMap.Padded(Unsafe.SizeOf<TValue>());
        var values = new TValue[bytes.Length / stride];
        for (int cpu = 0; cpu < values.Length; cpu++)
        {
            values[cpu] = MemoryMarshal.Read<TValue>(bytes.AsSpan(cpu * stride));
        }

        return values;
    }

    /// <summary>Sets the values of all CPUs, of a per-CPU map.</summary>
    public void UpdatePerCpu(TKey key, ReadOnlySpan<TValue> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        RequirePerCpu();
        int stride = BpfMap.Padded(Unsafe.SizeOf<TValue>());
        int cpus = Untyped.HostValueSize / stride;
        if (values.Length != cpus)
        {
            throw new ArgumentException($"map '{Untyped.Name}' has values of {cpus} CPUs, not {values.Length}", nameof(values));
        }

        byte[] bytes = new byte[Untyped.HostValueSize];
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            MemoryMarshal.Write(bytes.AsSpan(cpu * stride), in values[cpu]);
        }

        Untyped.Update(Bytes(in key), bytes, flags);
    }

    /// <summary>The keys that are there now; see <see cref="BpfMap.Keys"/>.</summary>
    public IEnumerable<TKey> Keys() => Untyped.Keys().Select(static key => MemoryMarshal.Read<TKey>(key));

    /// <summary>Keys and values; see <see cref="BpfMap.Entries"/>.</summary>
    public IEnumerable<KeyValuePair<TKey, TValue>> Entries()
    {
        RequireOneValue();
        return Untyped.Entries().Select(static entry =>
            KeyValuePair.Create(MemoryMarshal.Read<TKey>(entry.Key), MemoryMarshal.Read<TValue>(entry.Value)));
    }

    private void RequireOneValue()
    {
        if (Untyped.IsPerCpu)
        {
            throw new InvalidOperationException($"map '{Untyped.Name}' has a value for each CPU: use LookupPerCpu and UpdatePerCpu");
        }
    }

    private void RequirePerCpu()
    {
        if (!Untyped.IsPerCpu)
        {
            throw new InvalidOperationException($"map '{Untyped.Name}' has one value for all CPUs");
        }
    }

    private static ReadOnlySpan<byte> Bytes<T>(in T value) where T : unmanaged =>
        MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in value, 1));

    private static Span<byte> Bytes(ref TValue value) => MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1));
}

/// <summary>A queue or stack with typed values.</summary>
public readonly struct BpfQueue<TValue> where TValue : unmanaged
{
    internal BpfQueue(BpfMap map) => Untyped = map;

    /// <summary>The map.</summary>
    public BpfMap Untyped { get; }

    /// <summary>Appends; false where it is full and <paramref name="flags"/> do not say <see cref="MapUpdateFlags.Exist"/>, which drops the oldest.</summary>
    public bool TryPush(TValue value, MapUpdateFlags flags = MapUpdateFlags.Any) =>
        Untyped.TryPush(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in value, 1)), flags);

    /// <summary>Takes the oldest of a queue, the newest of a stack; false where it is empty.</summary>
    public bool TryPop(out TValue value)
    {
        value = default;
        return Untyped.TryPop(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
    }

    /// <summary>Copies what <see cref="TryPop"/> would take; false where there is nothing.</summary>
    public bool TryPeek(out TValue value)
    {
        value = default;
        return Untyped.TryPeek(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
    }
}
