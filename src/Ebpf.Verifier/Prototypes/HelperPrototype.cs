using System.Collections.Immutable;

namespace Ebpf.Verifier.Prototypes;

/// <summary>What a helper takes, what it gives, what else it does, and which programs may call it.</summary>
/// <remarks>The kernel's <c>struct bpf_func_proto</c>, with the rules that the kernel keeps elsewhere.</remarks>
/// <param name="Id">The helper.</param>
/// <param name="Arguments">R1 on; registers beyond are not read.</param>
/// <param name="Result">What R0 is afterwards.</param>
/// <param name="Flags">Its other effects and demands.</param>
/// <param name="Callers">Which programs may call it.</param>
internal sealed record HelperPrototype(HelperId Id, ImmutableArray<Argument> Arguments, Result Result, HelperFlags Flags, Callers Callers)
{
    /// <summary>The name of a helper that the host of the engine defines; null for all others.</summary>
    public string? HostName { get; init; }

    /// <summary>Its name.</summary>
    public string Name => HostName ?? Id.Text();

    /// <summary>Whether the helper does or demands something.</summary>
    public bool Has(HelperFlags flag) => (Flags & flag) != 0;
}

/// <summary>One argument of a helper.</summary>
/// <param name="Kind">What the register must hold.</param>
/// <param name="Size">Bytes, for memory of a fixed size.</param>
/// <param name="Type">The name of the BTF type, for an object that must be of one.</param>
/// <param name="SizeRegister">The number of the register with the size, for memory whose size is another argument; 0 otherwise.</param>
/// <param name="IsReleased">Whether the reference that the register holds is given back.</param>
internal readonly record struct Argument(ArgumentKind Kind, int Size = 0, string? Type = null, byte SizeRegister = 0, bool IsReleased = false)
{
    /// <summary>Whether zero stands for "none".</summary>
    public bool MayBeNull => Kind is ArgumentKind.MemoryOrNull or ArgumentKind.WritableMemoryOrNull or ArgumentKind.MapValueOrNull or ArgumentKind.ContextOrNull
        or ArgumentKind.StackOrNull or ArgumentKind.SocketOrNull or ArgumentKind.BtfObjectOrNull or ArgumentKind.BtfSockCommonOrNull;

    /// <summary>Whether the helper writes to the memory.</summary>
    public bool IsWritten => Kind is ArgumentKind.UninitMemory or ArgumentKind.WritableMemory or ArgumentKind.WritableMemoryOrNull
        or ArgumentKind.UninitFixedMemory or ArgumentKind.WritableFixedMemory or ArgumentKind.UninitMapValue;

    /// <summary>Whether the memory need not be initialised: the helper fills all of it.</summary>
    public bool IsUninitialised => Kind is ArgumentKind.UninitMemory or ArgumentKind.UninitFixedMemory or ArgumentKind.UninitMapValue;
}

/// <summary>What a helper gives.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Type">The name of the BTF type, where there is one.</param>
internal readonly record struct Result(ReturnKind Kind, string? Type = null);

/// <summary>What an argument must be.</summary>
/// <remarks>The kernel's <c>enum bpf_arg_type</c> with its flags, include/linux/bpf.h.</remarks>
internal enum ArgumentKind : byte
{
    /// <summary>Any initialised register, pointers included where the policy lets them leak.</summary>
    Anything,

    /// <summary>A number.</summary>
    Scalar,

    /// <summary>The program's context, unmoved.</summary>
    Context,

    /// <summary>The context or zero.</summary>
    ContextOrNull,

    /// <summary>A map.</summary>
    MapPointer,

    /// <summary>Initialised memory with a key of the map argument.</summary>
    MapKey,

    /// <summary>Initialised memory with a value of the map argument.</summary>
    MapValue,

    /// <summary>The same or zero.</summary>
    MapValueOrNull,

    /// <summary>Memory for a value of the map argument; it need not be initialised.</summary>
    UninitMapValue,

    /// <summary>Initialised memory that is read; a size follows.</summary>
    Memory,

    /// <summary>The same or zero.</summary>
    MemoryOrNull,

    /// <summary>Initialised memory that is read and written; a size follows.</summary>
    WritableMemory,

    /// <summary>The same or zero.</summary>
    WritableMemoryOrNull,

    /// <summary>Memory that is filled; a size follows.</summary>
    UninitMemory,

    /// <summary>Initialised memory of a fixed size that is read.</summary>
    FixedMemory,

    /// <summary>Initialised, aligned memory of a fixed size that is read and written.</summary>
    WritableFixedMemory,

    /// <summary>Aligned memory of a fixed size that is filled.</summary>
    UninitFixedMemory,

    /// <summary>The size of a memory argument, at least 1.</summary>
    Size,

    /// <summary>The size of a memory argument.</summary>
    SizeOrZero,

    /// <summary>A known number: the size of the memory that is handed out.</summary>
    AllocationSize,

    /// <summary>A ring buffer record as it was reserved.</summary>
    RingBufRecord,

    /// <summary>A bpf_spin_lock in a map value or an allocated object.</summary>
    SpinLock,

    /// <summary>A bpf_timer in a map value.</summary>
    Timer,

    /// <summary>A function of the program.</summary>
    Callback,

    /// <summary>The stack of the caller, handed to a callback, or zero.</summary>
    StackOrNull,

    /// <summary>A zero-terminated string in a read-only map.</summary>
    ConstString,

    /// <summary>A full socket or zero.</summary>
    SocketOrNull,

    /// <summary>A socket of whichever kind: <c>struct bpf_sock</c>.</summary>
    SockCommon,

    /// <summary>A socket of whichever kind, also one that BTF types.</summary>
    BtfSockCommon,

    /// <summary>The same or zero.</summary>
    BtfSockCommonOrNull,

    /// <summary>A kernel object of the BTF type.</summary>
    BtfObject,

    /// <summary>The same or zero.</summary>
    BtfObjectOrNull,

    /// <summary>A per-CPU variable of the kernel.</summary>
    PerCpuBtfObject,

    /// <summary>A dynptr.</summary>
    Dynptr,

    /// <summary>A dynptr of the ring buffer.</summary>
    RingBufDynptr,

    /// <summary>16 bytes of stack that become a dynptr over local memory.</summary>
    UninitLocalDynptr,

    /// <summary>16 bytes of stack that become a dynptr of the ring buffer.</summary>
    UninitRingBufDynptr,

    /// <summary>A field for a kernel pointer, in a map value or an allocated object.</summary>
    KptrLocation,
}

/// <summary>What a helper gives in R0.</summary>
/// <remarks>The kernel's <c>enum bpf_return_type</c> with its flags, include/linux/bpf.h.</remarks>
internal enum ReturnKind : byte
{
    /// <summary>A number.</summary>
    Integer,

    /// <summary>Nothing: R0 is not readable.</summary>
    Void,

    /// <summary>A value of the map argument.</summary>
    MapValue,

    /// <summary>The same or zero; of a map of maps, an inner map.</summary>
    MapValueOrNull,

    /// <summary>A full socket or zero.</summary>
    SocketOrNull,

    /// <summary>A <c>struct bpf_tcp_sock</c> or zero.</summary>
    TcpSockOrNull,

    /// <summary>A socket of whichever kind or zero.</summary>
    SockCommonOrNull,

    /// <summary>A ring buffer record of the size argument, or zero.</summary>
    RingBufRecordOrNull,

    /// <summary>A slice of a dynptr of the size argument, or zero.</summary>
    DynptrSliceOrNull,

    /// <summary>A kernel object of the BTF type.</summary>
    BtfObject,

    /// <summary>The same, trusted.</summary>
    TrustedBtfObject,

    /// <summary>The same or zero.</summary>
    BtfObjectOrNull,

    /// <summary>This CPU's instance of a kernel variable: read-only memory or an object of its BTF type.</summary>
    PerCpuVariable,

    /// <summary>The same or zero.</summary>
    PerCpuVariableOrNull,

    /// <summary>What R1 was.</summary>
    FirstArgument,
}

/// <summary>What a helper does or demands beyond its arguments and result.</summary>
[Flags]
internal enum HelperFlags : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Only programs with a GPL-compatible licence may call it.</summary>
    Gpl = 1,

    /// <summary>Its memory arguments may be packet memory.</summary>
    PacketAccess = 2,

    /// <summary>It may sleep: only sleepable programs may call it.</summary>
    MaySleep = 4,

    /// <summary>It may move or change the packet: what was known of packet pointers is void.</summary>
    ChangesPacket = 8,

    /// <summary>Its result is a reference that must be given back.</summary>
    Acquires = 16,

    /// <summary>Its result is its first argument seen as another kind of socket, under the same reference.</summary>
    CastsSocket = 32,

    /// <summary>Its result is the number of a CPU.</summary>
    CpuNumber = 64,

    /// <summary>Its result is an error or at most the size argument.</summary>
    AtMostSize = 128,

    /// <summary>It calls a function of the program before it returns.</summary>
    CallsBack = 256,

    /// <summary>It has a function of the program called later.</summary>
    CallsBackLater = 512,
}
