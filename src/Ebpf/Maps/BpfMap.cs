using System.Runtime.CompilerServices;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>A created map. Safe for concurrent use, also while programs run.</summary>
/// <remarks>
/// A <c>Try…</c> method answers false where the reason lies in what the map holds just now (no such key, key is there, map is full, nothing to
/// pop); the method beside it throws a <see cref="BpfException"/> for that. Wrong sizes are an <see cref="ArgumentException"/>.
/// </remarks>
public sealed partial class BpfMap
{
    internal BpfMap(string name, IMapHandle handle, IPlatform platform)
    {
        Name = name;
        Handle = handle;
        Platform = platform;
    }

    internal IMapHandle Handle { get; }

    internal IPlatform Platform { get; }

    /// <summary>Its name in the object.</summary>
    public string Name { get; }

    /// <summary>Its type.</summary>
    public MapType Type => Handle.Spec.Type;

    /// <summary>Bytes in a key; 0 for queues, stacks and ring buffers.</summary>
    public int KeySize => (int)Handle.Spec.KeySize;

    /// <summary>Bytes in a value, of one CPU.</summary>
    public int ValueSize => (int)Handle.Spec.ValueSize;

    /// <summary>Bytes in a value as it is looked up and updated here: in per-CPU maps those of all CPUs, each padded to 8 bytes.</summary>
    public int HostValueSize => Handle.HostValueSize;

    /// <summary>Capacity in elements; bytes for a ring buffer.</summary>
    public uint MaxEntries => Handle.Spec.MaxEntries;

    /// <summary>Flags of its creation.</summary>
    public MapFlags Flags => Handle.Spec.Flags;

    /// <summary>Whether each CPU has values of its own.</summary>
    public bool IsPerCpu => Type is MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.PerCpuCgroupStorage;

    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    public int? Fd => Handle.Fd;

    /// <summary>Bytes of memory that it holds.</summary>
    public long MemoryBytes => Handle.MemoryBytes;

    /// <summary>Copies the value of a key; false where the key is not there.</summary>
    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags = MapLookupFlags.None)
    {
        CheckKey(key);
        CheckValue(value);
        return Answer(Handle.Lookup(key, value, flags), "look up a key in");
    }

    /// <summary>The value of a key.</summary>
    public byte[] Lookup(ReadOnlySpan<byte> key, MapLookupFlags flags = MapLookupFlags.None)
    {
        byte[] value = new byte[HostValueSize];
        CheckKey(key);
        Require(Handle.Lookup(key, value, flags), "look up a key in");
        return value;
    }

    /// <summary>Whether the key is there.</summary>
    public bool ContainsKey(ReadOnlySpan<byte> key) => TryLookup(key, new byte[HostValueSize]);

    /// <summary>Sets the value of a key; false where <paramref name="flags"/> forbid it or the map is full.</summary>
    public bool TryUpdate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckKey(key);
        CheckValue(value);
        return Answer(Handle.Update(key, value, flags), "update");
    }

    /// <summary>Sets the value of a key.</summary>
    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        CheckKey(key);
        CheckValue(value);
        Require(Handle.Update(key, value, flags), "update");
    }

    /// <summary>Puts a program into a slot of a PROG_ARRAY.</summary>
    public void Update(ReadOnlySpan<byte> key, BpfProgram program)
    {
        CheckKey(key);
        Require(Handle.Update(key, program.Handle), $"put program '{program.Name}' into");
    }

    /// <summary>Puts a map into a map of maps.</summary>
    public void Update(ReadOnlySpan<byte> key, BpfMap inner)
    {
        CheckKey(key);
        Require(Handle.Update(key, inner.Handle), $"put map '{inner.Name}' into");
    }

    /// <summary>Removes a key; false where it is not there.</summary>
    public bool TryDelete(ReadOnlySpan<byte> key)
    {
        CheckKey(key);
        return Answer(Handle.Delete(key), "delete a key from");
    }

    /// <summary>Removes a key.</summary>
    public void Delete(ReadOnlySpan<byte> key)
    {
        CheckKey(key);
        Require(Handle.Delete(key), "delete a key from");
    }

    /// <summary>Copies the value of a key and removes it; false where the key is not there.</summary>
    public bool TryLookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value)
    {
        CheckKey(key);
        CheckValue(value);
        return Answer(Handle.LookupAndDelete(key, value), "look up and delete a key in");
    }

    /// <summary>The slot of an array as its key.</summary>
    public static byte[] Key(uint index)
    {
        byte[] key = new byte[sizeof(uint)];
        Unsafe.WriteUnaligned(ref key[0], index);
        return key;
    }

    /// <summary>Pins it: it lives on under that path until <see cref="Ebpf.Platform.Unpin"/>, and objects that pin a map there find it.</summary>
    /// <exception cref="BpfException">Something is pinned there already (<see cref="Errno.EEXIST"/>).</exception>
    public void Pin(string path) => Platform.Pin(path, Handle);

    /// <summary>From now on only programs can change it.</summary>
    public void Freeze() => Require(Handle.Freeze(), "freeze");

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Type.Text()})";

    /// <summary>True for success, false where the map's contents are the reason, an exception for anything else.</summary>
    internal bool Answer(Errno errno, string operation)
    {
        if (errno == Errno.None)
        {
            return true;
        }

        return errno is Errno.ENOENT or Errno.EEXIST or Errno.E2BIG or Errno.EBUSY or Errno.ENOMEM ? false : throw Failure(errno, operation);
    }

    internal void Require(Errno errno, string operation)
    {
        if (errno != Errno.None)
        {
            throw Failure(errno, operation);
        }
    }

    internal BpfException Failure(Errno errno, string operation) =>
        new($"cannot {operation} map '{Name}': {MapErrors.Describe(errno, this)}", errno);

    private void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
        {
            throw new ArgumentException($"a key of map '{Name}' has {KeySize} bytes, not {key.Length}", nameof(key));
        }
    }

    private void CheckValue(ReadOnlySpan<byte> value)
    {
        if (value.Length != HostValueSize)
        {
            string why = IsPerCpu ? $" ({HostValueSize / Padded(ValueSize)} CPUs of {Padded(ValueSize)})" : "";
            throw new ArgumentException($"a value of map '{Name}' has {HostValueSize} bytes{why}, not {value.Length}", nameof(value));
        }
    }

    /// <summary>The stride of a CPU's value.</summary>
    internal static int Padded(int size) => (size + 7) & ~7;
}
