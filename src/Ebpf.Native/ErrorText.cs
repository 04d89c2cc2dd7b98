using System.Runtime.InteropServices;
using System.Text;

namespace Ebpf.Native;

/// <summary>Error numbers in words.</summary>
/// <remarks>libbpf_strerror in libbpf_utils.c.</remarks>
internal static unsafe class ErrorText
{
    private const int FirstOwn = 4000;

    private static readonly string[] s_own =
    [
        "Something wrong in libelf",
        "BPF object format invalid",
        "'version' section incorrect or lost",
        "Endian mismatch",
        "Internal error in libbpf",
        "Relocation failed",
        "Failed to load program",
        "Kernel verifier blocks program loading",
        "Program too big",
        "Incorrect kernel version",
        "Kernel doesn't support this program type",
        "Wrong pid in netlink message",
        "Invalid netlink sequence",
        "Incorrect netlink message parsing",
    ];

    /// <summary>Writes the words for an error number of either sign, cut to the buffer.</summary>
    public static int Write(int error, byte* buffer, nuint size)
    {
        if (buffer == null || size == 0)
        {
            return Answer.Error(Errno.EINVAL);
        }

        error = error < 0 ? -error : error;
        bool isOwn = error >= FirstOwn && error < FirstOwn + s_own.Length;
        bool isUnknown = error >= FirstOwn && !isOwn;
        string text = isOwn ? s_own[error - FirstOwn] : isUnknown ? $"Unknown libbpf error {error}" : Marshal.GetPInvokeErrorMessage(error);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = (int)Math.Min((nuint)bytes.Length, size - 1);
        bytes.AsSpan(0, length).CopyTo(new Span<byte>(buffer, length));
        buffer[length] = 0;
        return isUnknown ? Answer.Error(Errno.ENOENT) : length < bytes.Length ? Answer.Error(Errno.ERANGE) : 0;
    }

    /// <summary>An error number as messages have it: -EINVAL.</summary>
    public static string Symbol(Errno errno) => Enum.IsDefined(errno) ? "-" + errno : "-" + (int)errno;
}
