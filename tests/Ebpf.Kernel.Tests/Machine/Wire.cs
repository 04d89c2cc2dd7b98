using System.Net;
using System.Net.Sockets;

namespace Ebpf.Kernel.Tests.Machine;

/// <summary>Two connected namespaces, and datagrams between them.</summary>
internal sealed class Wire : IDisposable
{
    private const int Port = 4242;

    public Wire()
    {
        NetworkNamespace.Connect(Left, Right);
    }

    public NetworkNamespace Left { get; } = new();

    public NetworkNamespace Right { get; } = new();

    /// <summary>Sends a datagram from left to right; true where it arrives.</summary>
    /// <param name="expected">Whether it should, which says how long to wait for it.</param>
    public bool Passes(bool expected)
    {
        using Socket receiver = Right.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(NetworkNamespace.RightAddress, Port));
            return socket;
        });
        receiver.ReceiveTimeout = expected ? 5000 : 300;
        Left.Run(static () =>
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                socket.SendTo("hello"u8, new IPEndPoint(NetworkNamespace.RightAddress, Port));
            }
            catch (SocketException)
            {
                // What a program at the egress refuses is an error of sendto: it does not pass.
            }
        });
        try
        {
            return receiver.Receive(new byte[64]) == 5;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return false;
        }
    }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }
}
