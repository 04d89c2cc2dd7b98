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

    /// <summary>An address in the arena: any offset may be reached, what is not there reads as zero.</summary>
    Arena,

    /// <summary>A pointer to a dynptr that is not the function's own: handed to a callback or a global function. Subject is its kind.</summary>
    DynptrHandle,

    /// <summary>Only in stack slots: a dynptr. <see cref="RegisterState.Subject"/> is its <see cref="DynptrKind"/>, <see cref="RegisterState.Offset"/> which of its slots.</summary>
    Dynptr,

    /// <summary>Only in stack slots: an iterator. Subject is its type, Offset which of its slots, Size how many elements it gave on this path.</summary>
    Iterator,

    /// <summary>Only in stack slots: saved interrupt flags. Subject is the kind of function that saved them.</summary>
    InterruptFlags,
}

/// <summary>What memory a dynptr stands for.</summary>
/// <remarks>enum bpf_dynptr_type in include/linux/bpf.h.</remarks>
internal enum DynptrKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>A map's value.</summary>
    Local,

    /// <summary>A ring buffer record.</summary>
    RingBuffer,

    /// <summary>A socket buffer.</summary>
    Skb,

    /// <summary>An XDP packet.</summary>
    Xdp,

    /// <summary>A socket buffer's metadata.</summary>
    SkbMeta,

    /// <summary>A file.</summary>
    File,
}

/// <summary>Marks of a pointer.</summary>
[Flags]
internal enum RegisterMarks : ushort
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

    /// <summary>A kernel object that is sure to be there as long as the pointer is: kernel functions take it.</summary>
    Trusted = 32,

    /// <summary>A kernel object that is there until the RCU read-side critical section ends.</summary>
    Rcu = 64,

    /// <summary>An object that the program allocated, of a type of its own.</summary>
    Allocated = 128,

    /// <summary>An object that a list or tree owns: it may be used while the lock is held, and not be given away.</summary>
    NonOwning = 256,

    /// <summary>An iterator that has given its last element.</summary>
    Drained = 512,

    /// <summary>Memory in a packet: void once the packet is changed.</summary>
    PacketSlice = 1024,

    /// <summary>An address in user space.</summary>
    User = 2048,
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

    /// <summary>Map, frame, function or type, according to <see cref="Kind"/>. Of a scalar: <see cref="PacketLength"/> or 0.</summary>
    public int Subject;

    /// <summary>
    /// For a map value: the identity of the map that it is in, where the map was itself looked up; 0 where the index says it all. For memory: the identity of
    /// the dynptr that it is a slice of, 0 where it is none.
    /// </summary>
    public int MapIdentity;

    /// <summary>What it is.</summary>
    public RegisterKind Kind;

    /// <summary>Marks of a pointer.</summary>
    public RegisterMarks Marks;

    /// <summary>The subject of the scalar that is the distance from the packet's start to its end: so many bytes there are.</summary>
    internal const int PacketLength = 1;

    internal readonly bool IsScalar => Kind == RegisterKind.Scalar;

    internal readonly bool IsPacketLength => Kind == RegisterKind.Scalar && Subject == PacketLength;

    /// <summary>Whether it points to the first byte of the packet.</summary>
    internal readonly bool IsPacketStart => Kind == RegisterKind.Packet && Id == 0 && Offset == 0 && Value is { IsConstant: true, Value: 0 };

    internal readonly bool IsPointer => Kind > RegisterKind.Scalar;

    internal readonly bool MaybeNull => (Marks & RegisterMarks.MaybeNull) != 0;

    internal readonly bool IsConstant => Kind == RegisterKind.Scalar && Value.IsConstant;

    internal readonly bool IsZero => IsConstant && Value.Value == 0;

    /// <summary>Whether it is something that lies in the stack itself and is only for the functions that know it.</summary>
    internal readonly bool IsStackObject => Kind >= RegisterKind.Dynptr;

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
