using System.Buffers;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>A <c>struct btf</c> that is only read: its bytes are pinned, because C code keeps pointers to types and names.</summary>
internal sealed unsafe class NativeBtf
{
    private readonly MemoryHandle _pin;
    private byte* _strings;
    private nuint _pointerSize;

    private NativeBtf(BtfView view, NativeBtf? @base)
    {
        View = view;
        Base = @base;
        _pin = view.Bytes.Pin();
        BtfHeader header = BtfHeader.Read(view.Bytes.Span, view.Name);
        TypesStart = (byte*)_pin.Pointer + header.TypesOffset;
        _strings = (byte*)_pin.Pointer + header.StringsOffset;
        StringsLength = (uint)header.StringsLength;
        FirstString = @base is null ? 0 : @base.FirstString + @base.StringsLength;
        Handle = Handles.New(this);
    }

    public BtfView View { get; }

    public NativeBtf? Base { get; }

    public nint Handle { get; }

    /// <summary>The descriptor where it is loaded; -1 where it is not.</summary>
    public int Fd { get; set; } = -1;

    public byte* Bytes => (byte*)_pin.Pointer;

    public nuint PointerSize { get => _pointerSize != 0 ? _pointerSize : (nuint)View.PointerSize; set => _pointerSize = value; }

    private byte* TypesStart { get; }

    private uint FirstString { get; }

    private uint StringsLength { get; }

    public static NativeBtf Of(BtfView view, NativeBtf? @base = null) => new(view, @base);

    /// <summary>struct btf_type of an id, in place; null where there is none.</summary>
    public byte* TypeAt(uint id)
    {
        if (id == 0)
        {
            return VoidType;
        }

        return id < View.FirstId ? Base is null ? null : Base.TypeAt(id) : !View.Contains(id) ? null : TypesStart + View.OffsetOf(id);
    }

    /// <summary>The string at an offset, in place; null where there is none.</summary>
    public byte* StringAt(uint offset) =>
        offset < FirstString ? Base!.StringAt(offset)
        : offset - FirstString < StringsLength ? _strings + (offset - FirstString)
        : null;

    /// <summary>The offset of a string; -ENOENT where it is not among them.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        if (Base is not null && Base.Find(text) is var inBase and >= 0)
        {
            return inBase;
        }

        // A string that ends another one is there too.
        var strings = new ReadOnlySpan<byte>(_strings, (int)StringsLength);
        for (int start = 0; start < strings.Length;)
        {
            int length = strings[start..].IndexOf((byte)0);
            if (length < 0)
            {
                break;
            }

            if (strings.Slice(start, length).SequenceEqual(text))
            {
                return (int)(FirstString + (uint)start);
            }

            start += length + 1;
        }

        return Answer.Error(Errno.ENOENT);
    }

    /// <summary>Frees what belongs to an object: its descriptor is the platform's.</summary>
    public void FreeOwned() => Release();

    public void Free()
    {
        if (Fd >= 0)
        {
            _ = LibC.Close(Fd);
        }

        Release();
    }

    private void Release()
    {
        _pin.Dispose();
        Handles.Free(Handle);
    }

    /// <summary>The type with id 0.</summary>
    private static byte* VoidType { get; } = (byte*)NativeMemory.AllocZeroed(12);
}
