using System.Net.Sockets;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf;

/// <summary>A program at a socket: a filter (since Linux 3.19), or what chooses among the sockets of a reuseport group (since 4.19). It goes with the socket.</summary>
/// <remarks>SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_BPF and SO_DETACH_REUSEPORT_BPF in socket(7).</remarks>
public sealed class SocketAttachment : PersistentAttachment
{
    // include/uapi/asm-generic/socket.h.
    private const int LevelSocket = 1, AttachBpf = 50, DetachBpf = 27, AttachReusePort = 52, DetachReusePort = 68;

    private readonly Socket _socket;
    private readonly bool _isReusePort;

    private SocketAttachment(Socket socket, bool isReusePort) : base($"{(isReusePort ? "sk_reuseport" : "socket")}:{socket.Handle}")
    {
        _socket = socket;
        _isReusePort = isReusePort;
    }

    /// <summary>Attaches a program of type socket_filter, which decides how much of each packet the socket sees.</summary>
    public static SocketAttachment AttachFilter(Socket socket, BpfProgram program) => Attach(socket, program, isReusePort: false);

    /// <summary>Attaches a program of type sk_reuseport or socket_filter, which chooses the socket of a group; the socket has SO_REUSEPORT.</summary>
    public static SocketAttachment AttachReusePortSelector(Socket socket, BpfProgram program) => Attach(socket, program, isReusePort: true);

    /// <inheritdoc/>
    public override void Detach() => Set(_socket, _isReusePort ? DetachReusePort : DetachBpf, 0, $"nothing can be detached from {Hook}");

    private static SocketAttachment Attach(Socket socket, BpfProgram program, bool isReusePort)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var attachment = new SocketAttachment(socket, isReusePort);
        Set(socket, isReusePort ? AttachReusePort : AttachBpf, FdOf(program, attachment.Hook), $"program '{program.Name}' cannot be attached to {attachment.Hook}");
        return attachment;
    }

    private static unsafe void Set(Socket socket, int option, int value, string what)
    {
        bool added = false;
        socket.SafeHandle.DangerousAddRef(ref added);
        try
        {
            if (LibC.SetSocketOption((int)socket.SafeHandle.DangerousGetHandle(), LevelSocket, option, &value, sizeof(int)) != 0)
            {
                throw Failed(what, LibC.LastError);
            }
        }
        finally
        {
            socket.SafeHandle.DangerousRelease();
        }
    }
}
