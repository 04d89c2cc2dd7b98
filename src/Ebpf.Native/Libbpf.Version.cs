namespace Ebpf.Native;

/// <summary>The functions of libbpf, one file a family. EntryPoints.g.cs makes C functions of them.</summary>
internal static unsafe partial class Libbpf
{
    public static uint libbpf_major_version() => 1;

    public static uint libbpf_minor_version() => 8;

    public static byte* libbpf_version_string() => Text.Static("v1.8");

    public static void* libbpf_set_print(void* callback) => Print.Set(callback);

    public static int libbpf_set_strict_mode(uint mode) => 0;

    /// <remarks>libbpf_errno.c before 1.5, libbpf_utils.c since: 4000 to 4013 are libbpf's own.</remarks>
    public static int libbpf_strerror(int error, byte* buffer, nuint size) => ErrorText.Write(error, buffer, size);

    /// <remarks>libbpf_legacy.h: pointers are null on failure since 1.0.</remarks>
    public static nint libbpf_get_error(byte* pointer) => pointer == null ? -System.Runtime.InteropServices.Marshal.GetLastSystemError() : 0;
}
