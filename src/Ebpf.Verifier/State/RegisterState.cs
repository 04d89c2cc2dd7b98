using System.Runtime.InteropServices;
using Ebpf.Verifier.Domains;

namespace Ebpf.Verifier.State;

/// <summary>What a register or a stack slot holds.</summary>
/// <remarks>The kernel's <c>enum bpf_reg_type</c>.</remarks>
internal enum RegisterKind : byte
{
    /// <summary>Nothing that may be read.</summary>
    Uninitialised,

    /// <summary>A number.</summary>
    Scalar,

    /// <summary>The program's context.</summary>
    Context,

    /// <summary>Stack; <see cref="RegisterState.Subject"/> is the frame.</summary>
    Stack,

    /// <summary>A map itself; <see cref="RegisterState.Subject"/> is its index in the map table.</summary>
    Map,

    /// <summary>A map's value; <see cref="RegisterState.Subject"/> is the map.</summary>
    MapValue,

    /// <summary>A map's key, handed to a callback; <see cref="RegisterState.Subject"/> is the map.</summary>
    MapKey,

    /// <summary>Packet data; <see cref="RegisterState.Size"/> bytes from the pointer's base are there.</summary>
    Packet,

    /// <summary>Packet metadata, as <see cref="Packet"/>.</summary>
    PacketMeta,

    /// <summary>The end of packet data.</summary>
    PacketEnd,

    /// <summary>Memory of <see cref="RegisterState.Size"/> bytes.</summary>
    Memory,

    /// <summary>The flow dissector's keys.</summary>
    FlowKeys,

    /// <summary>A full socket (struct bpf_sock).</summary>
    Socket,

    /// <summary>The part that all sockets share.</summary>
    SocketCommon,

    /// <summary>A TCP socket.</summary>
    TcpSocket,

    /// <summary>An XDP socket.</summary>
    XdpSocket,

    /// <summary>A kernel object; <see cref="RegisterState.Subject"/> is its BTF type.</summary>
    BtfObject,

    /// <summary>A function of the program; <see cref="RegisterState.Subject"/> is its index.</summary>
    Function,
}

/// <summary>Marks of a pointer.</summary>
[Flags]
internal enum RegisterMarks : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>It may be null.</summary>
    MaybeNull = 1,

    /// <summary>What it points to may only be read.</summary>
    ReadOnly = 2,

    /// <summary>It points into per-CPU memory and must be resolved first.</summary>
    PerCpu = 4,

    /// <summary>It was read from memory that is not protected: loads may fault, helpers do not take it.</summary>
    Untrusted = 8,

    /// <summary>Memory of a ring buffer record, which must be passed on whole.</summary>
    RingBuffer = 16,
}

/// <summary>The abstract value of a register or of a spilled slot. Blittable.</summary>
/// <remarks>The kernel's <c>struct bpf_reg_state</c>.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct RegisterState
{
    /// <summary>A scalar's value; a pointer's variable offset.</summary>
    public Scalar Value;

    /// <summary>A scalar's provenance: the items of the last checkpoint that it was computed from, by their bit (see <see cref="Exploration.Provenance"/>).</summary>
    public ulong Sources;

    /// <summary>A pointer's fixed offset.</summary>
    public int Offset;

    /// <summary>Identity: values with the same id are the same unknown (null check, packet base, linked scalars). 0 where it is unique.</summary>
    public int Id;

    /// <summary>The acquired reference that the pointer stands for, 0 where none.</summary>
    public int Reference;

    /// <summary>Packet: bytes known to be there from the base. Memory: its size. Linked scalar: its distance from the link's base.</summary>
    public int Size;

    /// <summary>Map, frame, function or type, according to <see cref="Kind"/>.</summary>
    public int Subject;

    /// <summary>For a map value: the identity of the map that it is in, where the map was itself looked up; 0 where the index says it all.</summary>
    public int MapIdentity;

    /// <summary>What it is.</summary>
    public RegisterKind Kind;

    /// <summary>Marks of a pointer.</summary>
    public RegisterMarks Marks;

    internal readonly bool IsScalar => Kind == RegisterKind.Scalar;

    internal readonly bool IsPointer => Kind > RegisterKind.Scalar;

    internal readonly bool MaybeNull => (Marks & RegisterMarks.MaybeNull) != 0;

    internal readonly bool IsConstant => Kind == RegisterKind.Scalar && Value.IsConstant;

    internal readonly bool IsZero => IsConstant && Value.Value == 0;

    internal readonly bool IsPacketPointer => Kind is RegisterKind.Packet or RegisterKind.PacketMeta;

    internal readonly bool IsSocket => Kind is RegisterKind.Socket or RegisterKind.SocketCommon or RegisterKind.TcpSocket or RegisterKind.XdpSocket;

    /// <summary>A number of which nothing is known.</summary>
    internal static RegisterState Unknown => Number(Scalar.Unknown);

    /// <summary>A number.</summary>
    internal static RegisterState Number(in Scalar value) => new() { Kind = RegisterKind.Scalar, Value = value };

    /// <summary>A constant.</summary>
    internal static RegisterState Constant(ulong value) => Number(Scalar.Constant(value));

    /// <summary>A pointer to the start of something.</summary>
    internal static RegisterState Pointer(RegisterKind kind, int subject = 0, RegisterMarks marks = RegisterMarks.None) =>
        new() { Kind = kind, Value = Scalar.Constant(0ul), Subject = subject, Marks = marks };
}
