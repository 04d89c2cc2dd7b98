using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>A list of names as system calls take it: pointers to zero-ended text.</summary>
internal sealed unsafe class NativeNames : IDisposable
{
    private readonly nint _block;

    public NativeNames(ImmutableArray<string> names)
    {
        if (names.IsEmpty)
        {
            return;
        }

        int size = names.Length * sizeof(byte*) + names.Sum(static name => Encoding.UTF8.GetByteCount(name) + 1);
        _block = Marshal.AllocHGlobal(size);
        byte* text = (byte*)(Pointers + names.Length);
        byte* end = (byte*)_block + size;
        for (int i = 0; i < names.Length; i++)
        {
            Pointers[i] = text;
            text += Encoding.UTF8.GetBytes(names[i], new Span<byte>(text, (int)(end - text)));
            *text++ = 0;
        }
    }

    /// <summary>The pointers; null for an empty list.</summary>
    public byte** Pointers => (byte**)_block;

    public void Dispose() => Marshal.FreeHGlobal(_block);
}
