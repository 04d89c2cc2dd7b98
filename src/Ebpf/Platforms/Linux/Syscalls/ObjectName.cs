using System.Runtime.CompilerServices;
using System.Text;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>The name that a program or map has in the kernel: at most 15 bytes and a zero.</summary>
/// <remarks>BPF_OBJ_NAME_LEN in include/uapi/linux/bpf.h; bpf_obj_name_cpy in kernel/bpf/syscall.c refuses other characters than these.</remarks>
[InlineArray(Length)]
internal struct ObjectName
{
    public const int Length = 16;

    private byte _first;

    /// <summary>A name cut to what the kernel keeps, with '_' for characters that it refuses.</summary>
    public static ObjectName From(string name)
    {
        ObjectName result = default;
        Span<byte> bytes = result;
        for (int i = 0; i < name.Length && i < Length - 1; i++)
        {
            char c = name[i];
            bytes[i] = char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? (byte)c : (byte)'_';
        }

        return result;
    }

    public override readonly string ToString()
    {
        ReadOnlySpan<byte> bytes = this;
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
