using System.Runtime.InteropServices;

namespace Ebpf.Runtime.Helpers;

/// <summary>A dynamic pointer, as it lies on a program's stack.</summary>
/// <remarks>struct bpf_dynptr_kern in include/linux/bpf.h, as long as bpf_dynptr.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Dynptr
{
    internal byte* Data;
    internal uint Size, Offset;

    /// <summary>Whether so many bytes lie inside, from an offset on.</summary>
    internal readonly bool Has(uint offset, uint length) => Size >= length && offset <= Size - length;
}
