using System.Buffers;
using Ebpf.Bytecode;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Native;

/// <summary>A <c>struct btf_ext</c>: the bytes of a section .BTF.ext.</summary>
internal sealed unsafe class NativeBtfExt
{
    // BTF_MAGIC, and the least that a header has.
    private const ushort Magic = 0xeb9f;
    private const int LeastHeader = 8;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly MemoryHandle _pin;

    public NativeBtfExt(ReadOnlyMemory<byte> bytes)
    {
        ushort magic = bytes.Length < LeastHeader ? (ushort)0 : BitConverter.ToUInt16(bytes.Span);
        if (magic != Magic)
        {
            throw new BpfException($".BTF.ext: is no extension of type information", Errno.EINVAL);
        }

        _bytes = bytes;
        _pin = bytes.Pin();
        Handle = Handles.New(this);
    }

    public nint Handle { get; }

    /// <summary>That of an ELF file; 0 where it has none.</summary>
    public static nint Of(string path)
    {
        ReadOnlyMemory<byte> file = InputFile.Read(path);
        return file.Span.StartsWith((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F']) && ElfFile.Read(file, path).FindSection(".BTF.ext") is { } section
            ? new NativeBtfExt(section.Data).Handle
            : 0;
    }

    public byte* Raw(uint* size)
    {
        *size = (uint)_bytes.Length;
        return (byte*)_pin.Pointer;
    }

    public void Free()
    {
        _pin.Dispose();
        Handles.Free(Handle);
    }
}
