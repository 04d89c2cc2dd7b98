using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Netlink;

/// <summary>Sees a message that answers a request: its type, and what follows 'struct nlmsghdr'.</summary>
internal delegate void NetlinkAnswer(ushort type, ReadOnlySpan<byte> payload);

/// <summary>A conversation with the kernel's routing subsystem, in the network namespace of the thread that opened it. For one thread.</summary>
/// <remarks>rtnetlink(7). The kernel works on a request while it is sent, so that waiting for its answer is bounded.</remarks>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    private const int FamilyNetlink = 16, TypeRawCloseOnExec = 3 | 0x80000, ProtocolRoute = 0;
    private const int LevelNetlink = 270, OptionExtendedAcknowledge = 11;
    private const int MessageTruncated = 0x20;
    private const ushort TypeError = 2, TypeDone = 3;
    private const ushort ErrorMessage = 1;

    // What the kernel sends at once: NLMSG_GOODSIZE, up to 32 KiB where it may grow (netlink_dump in net/netlink/af_netlink.c).
    private const int ReceiveSize = 32 * 1024;

    private readonly FileDescriptor _socket;
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveSize);
    private uint _sequence;

    private NetlinkSocket(FileDescriptor socket) => _socket = socket;

    /// <exception cref="BpfException">The process has too many descriptors, or may not.</exception>
    public static NetlinkSocket Open()
    {
        int fd = LibC.Socket(FamilyNetlink, TypeRawCloseOnExec, ProtocolRoute);
        Errno errno = fd < 0 ? LibC.LastError : Errno.None;
        FileDescriptor socket = (fd < 0 ? null : FileDescriptor.Own(fd, out errno)) ?? throw new BpfException($"no netlink socket can be opened: {errno}", errno);

        // Since Linux 4.12 the kernel says in words what is wrong; older ones refuse the option, and say it by number only.
        int on = 1;
        _ = LibC.SetSocketOption(socket.Number, LevelNetlink, OptionExtendedAcknowledge, &on, sizeof(int));
        return new NetlinkSocket(socket);
    }

    /// <summary>Sends a request and waits until it is done.</summary>
    /// <param name="request">The request.</param>
    /// <param name="answer">Sees what the kernel answers beside the acknowledgement; null for nobody.</param>
    /// <param name="message">The kernel's words where it refuses, "" where it has none.</param>
    /// <returns>The kernel's error.</returns>
    public Errno Execute(scoped in NetlinkRequest request, NetlinkAnswer? answer, out string message)
    {
        uint sequence = ++_sequence;
        message = "";
        Errno sent = Send(request.Finish(sequence));
        if (sent != Errno.None)
        {
            return sent;
        }

        while (true)
        {
            Errno errno = Receive(out ReadOnlySpan<byte> bytes);
            if (errno != Errno.None)
            {
                return errno;
            }

            if (Read(bytes, sequence, answer, out Errno result, out message))
            {
                return result;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Reads the messages of one datagram; true where the conversation is over.</summary>
    private static bool Read(ReadOnlySpan<byte> bytes, uint sequence, NetlinkAnswer? answer, out Errno result, out string text)
    {
        result = Errno.None;
        text = "";
        while (bytes.Length >= NetlinkRequest.HeaderSize)
        {
            int length = MemoryMarshal.Read<int>(bytes);
            if (length < NetlinkRequest.HeaderSize || length > bytes.Length)
            {
                result = Errno.EPROTO;
                return true;
            }

            ushort type = MemoryMarshal.Read<ushort>(bytes[4..]);
            var flags = (NetlinkFlags)MemoryMarshal.Read<ushort>(bytes[6..]);
            ReadOnlySpan<byte> payload = bytes[NetlinkRequest.HeaderSize..length];
            if (MemoryMarshal.Read<uint>(bytes[8..]) == sequence)
            {
                if (type is TypeError or TypeDone)
                {
                    result = ErrorOf(type, flags, payload, out text);
                    return true;
                }

                answer?.Invoke(type, payload);
            }

            bytes = bytes[Math.Min(NetlinkRequest.Align(length), bytes.Length)..];
        }

        return false;
    }

    /// <remarks>'struct nlmsgerr': the negative error, the request (or its header), then attributes. The end of a dump has the error alone.</remarks>
    private static Errno ErrorOf(ushort type, NetlinkFlags flags, ReadOnlySpan<byte> payload, out string text)
    {
        text = "";
        if (payload.Length < sizeof(int))
        {
            return type == TypeDone ? Errno.None : Errno.EPROTO;
        }

        int error = -MemoryMarshal.Read<int>(payload);
        if ((flags & NetlinkFlags.Extended) != 0)
        {
            ReadOnlySpan<byte> attributes = payload[sizeof(int)..];
            if (type == TypeError && attributes.Length >= NetlinkRequest.HeaderSize)
            {
                int request = (flags & NetlinkFlags.Capped) != 0 ? NetlinkRequest.HeaderSize : NetlinkRequest.Align(MemoryMarshal.Read<int>(attributes));
                attributes = attributes[Math.Clamp(request, 0, attributes.Length)..];
            }

            text = NetlinkAttributes.Text(NetlinkAttributes.Find(attributes, ErrorMessage));
        }

        return (Errno)error;
    }

    private Errno Send(ReadOnlySpan<byte> message)
    {
        fixed (byte* address = message)
        {
            while (LibC.Send(_socket.Number, address, (nuint)message.Length, 0) < 0)
            {
                if (LibC.LastError != Errno.EINTR)
                {
                    return LibC.LastError;
                }
            }
        }

        return Errno.None;
    }

    private Errno Receive(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        fixed (byte* address = _received)
        {
            nint length;
            while ((length = LibC.Receive(_socket.Number, address, ReceiveSize, MessageTruncated)) < 0)
            {
                if (LibC.LastError != Errno.EINTR)
                {
                    return LibC.LastError;
                }
            }

            // MSG_TRUNC gives the true length.
            if (length > ReceiveSize)
            {
                return Errno.ENOSPC;
            }

            bytes = _received.AsSpan(0, (int)length);
            return length == 0 ? Errno.EPROTO : Errno.None;
        }
    }
}
