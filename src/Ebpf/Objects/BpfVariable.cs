using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ebpf;

/// <summary>A global variable of a loaded object, read and written in the memory that programs use. Safe for concurrent use.</summary>
/// <remarks>A number of up to 8 bytes is read and written as a whole; larger ones, and structs, can change while they are copied.</remarks>
public sealed class BpfVariable
{
    private readonly VariableType _type;

    internal BpfVariable(BpfVariableSpec spec, BpfMap map)
    {
        Name = spec.Name;
        SectionName = spec.SectionName;
        Offset = spec.Offset;
        Size = spec.Size;
        IsReadOnly = spec.IsReadOnly;
        Map = map;
        _type = spec.Type;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The section it is in.</summary>
    public string SectionName { get; }

    /// <summary>The map that holds it.</summary>
    public BpfMap Map { get; }

    /// <summary>Where in the map's value it begins.</summary>
    public int Offset { get; }

    /// <summary>Its bytes.</summary>
    public int Size { get; }

    /// <summary>Its type in C, "" where the object has no type information.</summary>
    public string TypeName => _type.Name;

    /// <summary>Whether it is constant now.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Its value, as a type of the same size.</summary>
    public T Get<T>() where T : unmanaged
    {
        _type.CheckSize(Unsafe.SizeOf<T>(), typeof(T).Name);
        Unsafe.SkipInit(out T value);
        Read(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
        return value;
    }

    /// <summary>Sets its value, as a type of the same size.</summary>
    /// <exception cref="BpfException">It is constant (<see cref="Errno.EPERM"/>).</exception>
    public void Set<T>(T value) where T : unmanaged
    {
        _type.CheckSize(Unsafe.SizeOf<T>(), typeof(T).Name);
        SetBytes(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in value, 1)));
    }

    /// <summary>A copy of its bytes.</summary>
    public byte[] GetBytes()
    {
        byte[] bytes = new byte[Size];
        Read(bytes);
        return bytes;
    }

    /// <summary>Sets all of its bytes.</summary>
    public void SetBytes(ReadOnlySpan<byte> bytes)
    {
        _type.CheckSize(bytes.Length, "what is given");
        if (IsReadOnly)
        {
            throw new BpfException($"variable '{Name}' is constant once the object is loaded: set it on the BpfObject, before Load", Errno.EPERM);
        }

        Map.Require(Map.Handle.WriteData(Offset, bytes), $"set variable '{Name}' in");
    }

    /// <summary>Sets it from text, as <see cref="BpfVariableSpec.SetText"/> does.</summary>
    public void SetText(string text)
    {
        byte[] bytes = new byte[Size];
        _type.Parse(text, bytes);
        SetBytes(bytes);
    }

    /// <summary>Its value as text; for one of many bytes, how many.</summary>
    public string Text => VariableType.IsTextual(Size) ? _type.Format(GetBytes()) : $"({Size} bytes)";

    /// <inheritdoc/>
    public override string ToString() => $"{TypeName} {Name} = {Text}".TrimStart();

    private void Read(Span<byte> bytes) => Map.Require(Map.Handle.ReadData(Offset, bytes), $"read variable '{Name}' in");
}
