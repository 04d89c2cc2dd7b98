using Ebpf.Runtime.Maps;

namespace Ebpf.Hosting;

/// <summary>A map that a program gives to a helper of the host's. Valid during the call.</summary>
public readonly unsafe ref struct HostMap
{
    private readonly EmbeddedMap _map;
    private readonly int _cpu;

    internal HostMap(EmbeddedMap map, int cpu)
    {
        _map = map;
        _cpu = cpu;
    }

    /// <summary>Its name in the object.</summary>
    public string Name => _map.Spec.Name;

    /// <summary>Its type.</summary>
    public MapType Type => _map.Spec.Type;

    /// <summary>Bytes in a key.</summary>
    public int KeySize => (int)_map.Spec.KeySize;

    /// <summary>Bytes in a value.</summary>
    public int ValueSize => (int)_map.Spec.ValueSize;

    /// <summary>The value of a key, where it lies: of the run's CPU in per-CPU maps. Empty where the key is not there, and in maps whose values cannot be looked up.</summary>
    /// <remarks>Other threads may change it meanwhile, as with bpf_map_lookup_elem.</remarks>
    /// <exception cref="ArgumentException">The key has another size.</exception>
    public Span<byte> Lookup(ReadOnlySpan<byte> key)
    {
        CheckSize(key, KeySize, nameof(key));
        if (_map is IReferenceMap or ITargetMap)
            return default;
        fixed (byte* bytes = key)
        {
            byte* value = _map.Lookup(bytes, _cpu);
            return value == null ? default : new Span<byte>(value, ValueSize);
        }
    }

    /// <summary>Sets the value of a key, as bpf_map_update_elem with BPF_ANY.</summary>
    /// <returns><see cref="Errno.None"/>, or why not.</returns>
    /// <exception cref="ArgumentException">Key or value have another size.</exception>
    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        CheckSize(key, KeySize, nameof(key));
        CheckSize(value, ValueSize, nameof(value));
        fixed (byte* keyBytes = key, valueBytes = value)
            return (Errno)(-_map.Update(keyBytes, valueBytes, 0, _cpu));
    }

    /// <summary>Removes a key, as bpf_map_delete_elem.</summary>
    /// <returns><see cref="Errno.None"/>, or why not.</returns>
    /// <exception cref="ArgumentException">The key has another size.</exception>
    public Errno Delete(ReadOnlySpan<byte> key)
    {
        CheckSize(key, KeySize, nameof(key));
        fixed (byte* bytes = key)
            return (Errno)(-_map.Delete(bytes, _cpu));
    }

    private void CheckSize(ReadOnlySpan<byte> bytes, int size, string name)
    {
        if (bytes.Length != size)
            throw new ArgumentException($"{bytes.Length} bytes; map '{Name}' has {size}", name);
    }
}
