using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Objects;

namespace Ebpf;

/// <summary>A global variable of an object, with the value that it has when the object is loaded. Plain data; for one thread.</summary>
public sealed class BpfVariableSpec
{
    private readonly VariableType _type;

    internal BpfVariableSpec(VariableImage image, BpfMapSpec map, bool isLittleEndian)
    {
        Image = image;
        Map = map;
        _type = new VariableType(image.Name, map.Types, image.TypeId, (int)image.Size, isLittleEndian);
    }

    internal VariableImage Image { get; }

    internal VariableType Type => _type;

    /// <summary>Its name.</summary>
    public string Name => Image.Name;

    /// <summary>The section it is in.</summary>
    public string SectionName => Image.SectionName;

    /// <summary>The map that holds it.</summary>
    public BpfMapSpec Map { get; }

    /// <summary>Where in the map's value it begins.</summary>
    public int Offset => (int)Image.Offset;

    /// <summary>Its bytes.</summary>
    public int Size => (int)Image.Size;

    /// <summary>Its type in C, "" where the object has no type information.</summary>
    public string TypeName => _type.Name;

    /// <summary>Whether it is constant once the object is loaded: set it before.</summary>
    public bool IsReadOnly => Map.IsFrozen;

    /// <summary>Whether it is seen outside of its file.</summary>
    public bool IsGlobal => Image.IsGlobal;

    /// <summary>A copy of its bytes, in the object's byte order.</summary>
    public byte[] GetBytes()
    {
        byte[] bytes = new byte[Size];
        Map.ReadData(Offset, bytes);
        return bytes;
    }

    /// <summary>Its value, as a type of the same size.</summary>
    public T Get<T>() where T : unmanaged
    {
        _type.CheckSize(Unsafe.SizeOf<T>(), typeof(T).Name);
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<T>()];
        Map.ReadData(Offset, bytes);
        _type.ToHostOrder(bytes);
        return MemoryMarshal.Read<T>(bytes);
    }

    /// <summary>Sets its value, as a type of the same size.</summary>
    public void Set<T>(T value) where T : unmanaged
    {
        _type.CheckSize(Unsafe.SizeOf<T>(), typeof(T).Name);
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, in value);
        _type.ToHostOrder(bytes);
        SetBytes(bytes);
    }

    /// <summary>Sets all of its bytes, in the object's byte order.</summary>
    public void SetBytes(ReadOnlySpan<byte> bytes)
    {
        _type.CheckSize(bytes.Length, "what is given");
        Map.WriteData(Offset, bytes);
    }

    /// <summary>Sets it from text: a number (also 0x…), true or false, an enumerator's name, text for an array of char, and bytes in hexadecimal for all else.</summary>
    /// <exception cref="BpfException">The text does not fit its type.</exception>
    public void SetText(string text)
    {
        byte[] bytes = new byte[Size];
        _type.Parse(text, bytes);
        SetBytes(bytes);
    }

    /// <summary>Its value as text, in the form that <see cref="SetText"/> takes; for one of many bytes, how many.</summary>
    public string Text => VariableType.IsTextual(Size) ? _type.Format(GetBytes()) : $"({Size} bytes)";

    /// <inheritdoc/>
    public override string ToString() => $"{TypeName} {Name} = {Text}".TrimStart();
}
