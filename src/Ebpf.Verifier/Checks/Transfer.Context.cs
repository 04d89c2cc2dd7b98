using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>The context: fields by its layout.</summary>
internal sealed partial class Transfer
{
    private RegisterState LoadContext(in RegisterState address, int register, int displacement, int size, bool signed)
    {
        if (IsOpenMemory)
        {
            CheckOpenContext(address, register, displacement, size);
            return Extended(RegisterState.Unknown, size, signed);
        }

        int offset = ContextOffset(address, register, displacement, size);
        if (!_context.AllowsLoad(offset, size, out int index))
            throw ContextRefusal(offset, size, WhyNot(index));
        if (index < 0 || !_context.Fields[index].IsPointer)
        {
            _facts.ContextField(Slot, -1);
            return Extended(RegisterState.Unknown, size, signed);
        }

        ContextField field = _context.Fields[index];
        if (offset != field.Offset || size != field.Size || signed)
            throw ContextRefusal(offset, size, $"{field.Name} holds a pointer and is read whole, {field.Size} bytes, without sign extension");
        _facts.ContextField(Slot, index);
        return PointerField(field);
    }

    private void StoreContext(in RegisterState address, int register, int displacement, int size, bool isAtomic)
    {
        if (IsOpenMemory && !isAtomic)
        {
            CheckOpenContext(address, register, displacement, size);
            return;
        }

        int offset = ContextOffset(address, register, displacement, size);
        if (isAtomic || !_context.AllowsStore(offset, size, out int index))
            throw ContextRefusal(offset, size, "no field that this type of program may write so is there", writes: true);
        _facts.ContextField(Slot, _context.Fields[index].IsPointer ? index : -1);
    }

    /// <summary>Whether the context is memory that the caller handed in, of which every byte may be read and written.</summary>
    private bool IsOpenMemory => _program.Type == ProgramType.Syscall && _program.Dialect == Dialect.Linux;

    private void CheckOpenContext(in RegisterState address, int register, int displacement, int size)
    {
        CheckBounds(address, register, displacement, size, (uint)_context.Size, Rule.ContextAccess, "the context");
        _facts.ContextField(Slot, -1);
    }

    private string WhyNot(int index)
    {
        if (index < 0)
            return "no field that this type of program may read is there";
        ContextField field = _context.Fields[index];
        return field.Loads == AccessSizes.None
            ? $"{field.Name} may not be read by this type of program"
            : $"{field.Name} ({field.Size} bytes at offset {field.Offset}) may not be read in this size or from this offset";
    }

    private int ContextOffset(in RegisterState address, int register, int displacement, int size)
    {
        // eBPF for Windows, whose verifier is PREVAIL, lets the pointer be moved by constants.
        if (_program.Dialect == Dialect.Windows && address.Value is { IsConstant: true, Value: 0 })
            displacement += address.Offset;
        else if (!IsUnmoved(address))
        {
            throw Refuse(
                Rule.ContextAccess,
                $"R{register} is {Words.Describe(address)}; the context is only accessed through the unchanged pointer plus a constant",
                "the compiler moved the context pointer: read the field into a local variable first, or use a volatile read");
        }

        if (displacement < 0)
            throw ContextRefusal(displacement, size, "it is before the context's start");
        return displacement;
    }

    private RegisterState PointerField(in ContextField field) => field.Kind switch
    {
        ContextFieldKind.PacketData => RegisterState.Pointer(RegisterKind.Packet),
        ContextFieldKind.PacketEnd => RegisterState.Pointer(RegisterKind.PacketEnd),
        ContextFieldKind.PacketMeta => RegisterState.Pointer(RegisterKind.PacketMeta),
        ContextFieldKind.FlowKeys => RegisterState.Pointer(RegisterKind.FlowKeys),
        ContextFieldKind.SocketOrNull => NullableField(RegisterKind.SocketCommon),
        ContextFieldKind.FullSocket => RegisterState.Pointer(RegisterKind.Socket),
        ContextFieldKind.FullSocketOrNull => NullableField(RegisterKind.Socket),
        _ => KernelObjectField(field),
    };

    private RegisterState KernelObjectField(in ContextField field)
    {
        RegisterState pointer = KernelObject(field.Type, $"field {field.Name} of the context");
        // prog_args_trusted in the kernel's btf.c
        bool isTrusted = _program.Type is ProgramType.StructOps or ProgramType.Lsm || (_program.Type == ProgramType.Tracing && _program.AttachType is AttachType.TraceRawTp or AttachType.TraceIter)
            || _program.Type == ProgramType.Netfilter;
        if (isTrusted)
            pointer.Marks |= RegisterMarks.Trusted;
        // An iterator is called once more at its end, without an object; its metadata is always there.
        bool isObject = _program is { Type: ProgramType.Tracing, AttachType: AttachType.TraceIter } && field.Offset > 0;
        // The kernel marks arguments of hooks that may be null by their names.
        if (isObject || field.Name.EndsWith("__nullable", StringComparison.Ordinal))
        {
            pointer.Marks |= RegisterMarks.MaybeNull;
            pointer.Id = _paths.NewId();
        }

        return pointer;
    }

    private RegisterState KernelObject(string? type, string what)
    {
        if (_kernel is null)
            throw Refuse(Rule.UnsupportedFeature, $"{what} is a kernel object, and the kernel's types are not known here", "verify where the kernel's BTF is (/sys/kernel/btf/vmlinux)");
        int id = type is null ? 0 : _kernel.Find(type);
        if (id == 0)
            throw Refuse(Rule.UnsupportedFeature, $"{what} is a kernel object of a type that this kernel does not have ({type})");
        return RegisterState.Pointer(RegisterKind.BtfObject, id);
    }

    private RegisterState NullableField(RegisterKind kind)
    {
        RegisterState socket = RegisterState.Pointer(kind, marks: RegisterMarks.MaybeNull);
        socket.Id = _paths.NewId();
        return socket;
    }

    private Refusal ContextRefusal(int offset, int size, string why, bool writes = false) => Refuse(
        Rule.ContextAccess,
        $"{(writes ? "a write" : "a read")} of {size} bytes at offset {offset} of the context ({_context.Name}, {_context.Size} bytes): {why}");

    /// <summary>Fields of the socket structures, which programs may only read.</summary>
    /// <remarks>bpf_sock_is_valid_access, bpf_tcp_sock_is_valid_access, bpf_xdp_sock_is_valid_access in net/core/filter.c.</remarks>
    private void CheckSocketLoad(in RegisterState address, int register, int displacement, int size)
    {
        // sizeof(struct bpf_sock), bpf_tcp_sock, bpf_xdp_sock
        int limit = address.Kind switch
        {
            RegisterKind.TcpSocket => 112,
            RegisterKind.XdpSocket => 4,
            _ => 80,
        };
        CheckBounds(address, register, displacement, size, (uint)limit, Rule.MemoryAccess, "the socket");
        long offset = (long)address.Value.Value + address.Offset + displacement;
        // type, protocol, mark and priority are only there in a full socket.
        bool onlyFull = address.Kind == RegisterKind.SocketCommon && offset is >= 8 and < 24;
        bool allowed = address.Value.IsConstant && offset % size == 0 && address.Kind switch
        {
            // bytes_received and bytes_acked are 64 bits wide.
            RegisterKind.TcpSocket => size == (offset is 80 or 88 ? 8 : 4),
            RegisterKind.XdpSocket => size == 4,
            _ => IsSocketField((int)offset, size),
        };
        if (!allowed || onlyFull)
        {
            throw Refuse(
                Rule.MemoryAccess,
                $"R{register}: a read of {size} bytes at offset {offset} of {Words.Describe(address)} is not one of its fields",
                onlyFull ? "ask bpf_sk_fullsock() for a full socket first" : "");
        }
    }

    /// <summary>Whether struct bpf_sock may be read there: 4 bytes wide, some fields also in parts.</summary>
    private static bool IsSocketField(int offset, int size) => offset switch
    {
        // dst_port is 2 bytes wide, before 2 of padding; it may be read with them.
        48 => size is 1 or 2 or 4,
        49 => size == 1,
        50 or 51 => false,
        // family, type, protocol; addresses and ports; state, rx_queue_mapping
        >= 4 and < 16 or >= 24 and < 80 => size <= 4,
        _ => size == 4,
    };
}
