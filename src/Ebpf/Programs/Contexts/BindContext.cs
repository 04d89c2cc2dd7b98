namespace Ebpf;

/// <summary>The context of a bind program of eBPF for Windows.</summary>
/// <remarks><c>bind_md_t</c> in include/ebpf_nethooks.h of eBPF for Windows.</remarks>
public sealed record BindContext : ProgramContext<BindContext, BindVerdict>
{
    /// <summary>The process that binds.</summary>
    public ulong ProcessId { get; init; }

    /// <summary>The address to bind to: a sockaddr of up to 16 bytes.</summary>
    public ReadOnlyMemory<byte> SocketAddress { get; init; }

    /// <summary>Bytes of the address that count.</summary>
    public byte SocketAddressLength { get; init; }

    /// <summary>What happens.</summary>
    public BindOperation Operation { get; init; }

    /// <summary>The IP protocol: 6 is TCP, 17 is UDP.</summary>
    public byte Protocol { get; init; }

    /// <summary>The application: the path of its image, in UTF-16 as Windows gives it.</summary>
    public ReadOnlyMemory<byte> AppId { get; init; }

    internal override ProgramType Type => ProgramType.Bind;

    internal override ReadOnlyMemory<byte>? Data => AppId;

    internal override void Write(ContextImage image)
    {
        image["process_id"] = (ulong)ProcessId;
        image.Set("socket_address", SocketAddress.Span);
        image["socket_address_length"] = (ulong)SocketAddressLength;
        image["operation"] = (ulong)Operation;
        image["protocol"] = (ulong)Protocol;
    }

    internal override BindContext Read(ContextImage image) => this with
    {
        ProcessId = (ulong)image["process_id"],
        SocketAddress = image.Get("socket_address").ToArray(),
        SocketAddressLength = (byte)image["socket_address_length"],
        Operation = (BindOperation)image["operation"],
        Protocol = (byte)image["protocol"],
    };
}

/// <summary>What a bind program decides (bind_action_t).</summary>
public enum BindVerdict
{
    /// <summary>The bind may go on, unless another filter objects.</summary>
    PermitSoft = 0,

    /// <summary>The bind fails.</summary>
    Deny = 1,

    /// <summary>The bind goes on with the address that the program left in the context.</summary>
    Redirect = 2,

    /// <summary>The bind goes on whatever filters of less weight say.</summary>
    PermitHard = 3,
}

/// <summary>What happens to a socket (bind_operation_t).</summary>
public enum BindOperation
{
    /// <summary>It is about to be bound.</summary>
    Bind = 0,

    /// <summary>It has its port.</summary>
    PostBind = 1,

    /// <summary>It gives its port up.</summary>
    Unbind = 2,
}
