using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Domains;
using Ebpf.Verifier.State;

namespace Ebpf.Verifier.Checks;

/// <summary>Loads, stores and atomics: what may be touched through which pointer.</summary>
internal sealed partial class Transfer
{
    private void Load(in Instruction instruction)
    {
        RegisterState address = Read(instruction.Source);
        bool signed = (instruction.Opcode & Opcodes.ModeMask) == Opcodes.MemSx;
        RegisterState loaded = LoadFrom(address, (int)instruction.Source, instruction.Offset, SizeOf(instruction.Opcode), signed);
        State[(int)instruction.Destination] = loaded;
    }

    private RegisterState LoadFrom(in RegisterState address, int register, int displacement, int size, bool signed)
    {
        CheckUsable(address, register);
        switch (address.Kind)
        {
            case RegisterKind.Stack:
                _facts.Touch(Slot, MemoryKinds.Stack);
                return Extended(LoadStack(address, register, displacement, size), size, signed);
            case RegisterKind.Context:
                _facts.Touch(Slot, MemoryKinds.Context);
                return LoadContext(address, register, displacement, size, signed);
            case RegisterKind.MapValue:
                _facts.Touch(Slot, MemoryKinds.MapValue);
                if (KernelPointerAt(address, displacement, size) is { } field)
                    return LoadKernelPointer(field);
                CheckMapValue(address, register, displacement, size, writes: false);
                return Extended(LoadMapValue(address, displacement, size), size, signed);
            case RegisterKind.MapKey:
                _facts.Touch(Slot, MemoryKinds.MapValue);
                CheckBounds(address, register, displacement, size, _maps[address.Subject].KeySize, Rule.MapValueAccess, "the map's key");
                break;
            case RegisterKind.Packet or RegisterKind.PacketMeta:
                _facts.Touch(Slot, MemoryKinds.Packet);
                CheckPacket(address, register, displacement, size, writes: false);
                break;
            case RegisterKind.Memory when (address.Marks & RegisterMarks.Untrusted) != 0:
                // It may fault, and then gives zero.
                _facts.Touch(Slot, MemoryKinds.BtfObject);
                break;
            case RegisterKind.Memory:
                _facts.Touch(Slot, MemoryKinds.Allocated);
                CheckBounds(address, register, displacement, size, (uint)address.Size, Rule.MemoryAccess, "the memory");
                break;
            case RegisterKind.FlowKeys:
                _facts.Touch(Slot, MemoryKinds.Allocated);
                CheckFlowKeys(address, register, displacement, size);
                break;
            case RegisterKind.Socket or RegisterKind.SocketCommon or RegisterKind.TcpSocket or RegisterKind.XdpSocket:
                _facts.Touch(Slot, MemoryKinds.BtfObject);
                CheckSocketLoad(address, register, displacement, size);
                break;
            case RegisterKind.Arena:
                _facts.Touch(Slot, MemoryKinds.Arena);
                break;
            case RegisterKind.Map when _kernel is not null:
                _facts.Touch(Slot, MemoryKinds.BtfObject);
                LoadMapField(address, register, displacement, size);
                break;
            case RegisterKind.BtfObject:
                _facts.Touch(Slot, MemoryKinds.BtfObject);
                return Extended(LoadBtfObject(address, register, displacement, size), size, signed);
            default:
                throw NotAPointer(address, register, "read");
        }

        return Extended(RegisterState.Unknown, size, signed);
    }

    /// <summary>What a load of some width leaves in a register.</summary>
    private static RegisterState Extended(RegisterState loaded, int size, bool signed)
    {
        if (!loaded.IsScalar || size == 8)
            return loaded;
        if (loaded.Value.IsUnknown)
        {
            loaded.Value = Scalar.OfWidth(size * 8);
            loaded.Id = loaded.Size = 0;
        }

        if (!signed)
            return loaded;
        Scalar extended = loaded.Value.SignExtend(size * 8);
        if (extended != loaded.Value)
            loaded.Id = loaded.Size = 0;
        loaded.Value = extended;
        return loaded;
    }

    private void StoreImmediate(in Instruction instruction)
    {
        RegisterState address = Read(instruction.Destination);
        int size = SizeOf(instruction.Opcode);
        ulong value = (ulong)instruction.Immediate & Tnum.LowBits(size * 8);
        StoreTo(address, (int)instruction.Destination, instruction.Offset, size, RegisterState.Constant(value), isAtomic: false);
    }

    private void StoreRegister(in Instruction instruction)
    {
        RegisterState address = Read(instruction.Destination);
        ref RegisterState value = ref Read(instruction.Source);
        int size = SizeOf(instruction.Opcode);
        // A narrow number that fits is copied too.
        if (address.Kind == RegisterKind.Stack && value.IsScalar && value.Value.UMax <= Tnum.LowBits(size * 8))
            Link(ref value);
        StoreTo(address, (int)instruction.Destination, instruction.Offset, size, value, isAtomic: false);
    }

    private void StoreTo(in RegisterState address, int register, int displacement, int size, in RegisterState value, bool isAtomic)
    {
        CheckUsable(address, register);
        if (IsStrict && value.IsPointer && address.Kind != RegisterKind.Stack)
            throw Refuse(Rule.PointerLeak, $"{Words.Describe(value)} is stored where others could read it");

        if ((address.Marks & RegisterMarks.ReadOnly) != 0)
            throw Refuse(Rule.ReadOnlyMemory, $"R{register} is {Words.Describe(address)}, which may only be read");
        switch (address.Kind)
        {
            case RegisterKind.Stack:
                _facts.Touch(Slot, MemoryKinds.Stack);
                StoreStack(address, register, displacement, size, value);
                return;
            case RegisterKind.Context:
                _facts.Touch(Slot, MemoryKinds.Context);
                StoreContext(address, register, displacement, size, isAtomic);
                return;
            case RegisterKind.MapValue:
                _facts.Touch(Slot, MemoryKinds.MapValue);
                if (KernelPointerAt(address, displacement, size) is { } field)
                    StoreKernelPointer(field, register, value, isAtomic);
                else
                    CheckMapValue(address, register, displacement, size, writes: true);
                return;
            case RegisterKind.Packet or RegisterKind.PacketMeta:
                _facts.Touch(Slot, MemoryKinds.Packet);
                CheckPacket(address, register, displacement, size, writes: true);
                return;
            case RegisterKind.Memory:
                _facts.Touch(Slot, MemoryKinds.Allocated);
                CheckBounds(address, register, displacement, size, (uint)address.Size, Rule.MemoryAccess, "the memory");
                return;
            case RegisterKind.FlowKeys:
                _facts.Touch(Slot, MemoryKinds.Allocated);
                CheckFlowKeys(address, register, displacement, size);
                return;
            case RegisterKind.MapKey or RegisterKind.Socket or RegisterKind.SocketCommon or RegisterKind.TcpSocket or RegisterKind.XdpSocket:
                throw Refuse(Rule.ReadOnlyMemory, $"R{register} is {Words.Describe(address)}, which may only be read");
            case RegisterKind.BtfObject:
                _facts.Touch(Slot, MemoryKinds.BtfObject);
                StoreBtfObject(address, register, displacement, size);
                return;
            case RegisterKind.Arena:
                _facts.Touch(Slot, MemoryKinds.Arena);
                return;
            default:
                throw NotAPointer(address, register, "write");
        }
    }

    private void Atomic(in Instruction instruction)
    {
        int size = SizeOf(instruction.Opcode);
        int operation = instruction.Immediate;
        if (operation == Opcodes.AtomicLoadAcquire)
        {
            CheckWritable(instruction.Destination);
            RegisterState source = Read(instruction.Source);
            CheckAtomicTarget(source, (int)instruction.Source);
            CheckAlignment(source, instruction.Offset, size, (int)instruction.Source);
            State[(int)instruction.Destination] = LoadFrom(source, (int)instruction.Source, instruction.Offset, size, signed: false);
            return;
        }

        RegisterState address = Read(instruction.Destination);
        RegisterState operand = Read(instruction.Source);
        CheckAtomicTarget(address, (int)instruction.Destination);
        CheckAlignment(address, instruction.Offset, size, (int)instruction.Destination);
        if (operation == Opcodes.AtomicStoreRelease)
        {
            StoreTo(address, (int)instruction.Destination, instruction.Offset, size, operand, isAtomic: true);
            return;
        }

        bool writesSource = operation != Opcodes.AtomicCompareExchange && (operation & Opcodes.AtomicFetch) != 0;
        if (writesSource)
            CheckWritable(instruction.Source);
        // What is added or exchanged becomes a number in memory.
        if (operand.IsPointer && IsStrict)
            throw Refuse(Rule.PointerLeak, $"R{(int)instruction.Source} is {Words.Describe(operand)}; atomic operations take numbers");
        RegisterState previous = LoadFrom(address, (int)instruction.Destination, instruction.Offset, size, signed: false);
        if (operation == Opcodes.AtomicCompareExchange && Read(Register.R0).IsPointer && IsStrict)
            throw Refuse(Rule.PointerLeak, $"R0 is {Words.Describe(State[0])}; compare-and-exchange takes numbers");
        StoreTo(address, (int)instruction.Destination, instruction.Offset, size, UnknownOfSize(size), isAtomic: true);
        if (previous.IsPointer)
            previous = RegisterState.Unknown;
        if (operation == Opcodes.AtomicCompareExchange)
            State[0] = previous;
        else if (writesSource)
            State[(int)instruction.Source] = previous;
    }

    private static RegisterState UnknownOfSize(int size) => RegisterState.Number(Scalar.OfWidth(size * 8));

    private void CheckAtomicTarget(in RegisterState address, int register)
    {
        bool allowed = address.Kind is not (RegisterKind.Context or RegisterKind.Packet or RegisterKind.PacketMeta or RegisterKind.FlowKeys) && !address.IsSocket;
        if (!allowed)
            throw Refuse(Rule.MemoryAccess, $"R{register} is {Words.Describe(address)}; atomic operations on it are not allowed");
    }

    private void CheckAlignment(in RegisterState address, int displacement, int size, int register)
    {
        Tnum offset = address.Value.Bits + Tnum.Constant((ulong)((long)address.Offset + displacement));
        if ((offset.Max & (ulong)(size - 1)) != 0)
            throw Refuse(Rule.MemoryAccess, $"the access of {size} bytes through R{register} ({Words.Describe(address)}) at offset {address.Offset + displacement} is not aligned");
    }

    private void CheckUsable(in RegisterState address, int register)
    {
        _operand = register;
        if (address.Kind == RegisterKind.Scalar)
            throw NotAPointer(address, register, "access");
        if (address.MaybeNull)
        {
            throw Refuse(
                Rule.NullDereference,
                $"R{register} is {Words.Describe(address)} and is used without a null check",
                "check the pointer for NULL after the call that returned it");
        }

        if ((address.Marks & RegisterMarks.PerCpu) != 0)
            throw Refuse(Rule.NotAPointer, $"R{register} is {Words.Describe(address)}; ask bpf_per_cpu_ptr for an address first");
    }

    private Refusal NotAPointer(in RegisterState address, int register, string access) => Refuse(
        Rule.NotAPointer,
        $"R{register} is {Words.Describe(address)}; memory cannot be {(access == "write" ? "written" : "read")} through it",
        address.IsScalar ? "use bpf_probe_read_kernel() or bpf_probe_read_user() for addresses that are not the program's own" : "");

    /// <summary>Memory of a known size: fixed and variable offset and the width of the access must stay inside.</summary>
    private void CheckBounds(in RegisterState address, int register, int displacement, int size, uint limit, Rule rule, string what)
    {
        long fixedOffset = (long)address.Offset + displacement;
        if (address.Value.SMin + fixedOffset < 0)
        {
            throw Refuse(
                rule,
                $"R{register} may point up to {-(address.Value.SMin + fixedOffset)} bytes before the start of {what} ({limit} bytes)",
                "make the index unsigned, or check that it is not negative");
        }

        bool inside = address.Value.UMax < MaxOffset && (long)address.Value.UMax + fixedOffset + size <= limit;
        if (!inside)
        {
            string reach = address.Value.IsConstant
                ? $"the access of {size} bytes at offset {(long)address.Value.Value + fixedOffset}"
                : $"the access of {size} bytes at offset {fixedOffset} plus {Words.Range(address.Value)}";
            throw Refuse(rule, $"R{register}: {reach} leaves {what}, which has {limit} bytes", "check the index against the size before the access, or mask it");
        }
    }

    /// <summary>A field of the kernel's structure for the map.</summary>
    /// <remarks>check_ptr_to_map_access in the kernel's verifier.</remarks>
    private void LoadMapField(in RegisterState address, int register, int displacement, int size)
    {
        string structure = _maps[address.Subject].Type is MapType.Array or MapType.PerCpuArray or MapType.ArrayOfMaps or MapType.ProgArray or MapType.PerfEventArray ? "bpf_array"
            : _maps[address.Subject].Type is MapType.Hash or MapType.LruHash or MapType.PerCpuHash or MapType.LruPerCpuHash or MapType.HashOfMaps ? "bpf_htab"
            : _maps[address.Subject].Type == MapType.Arena ? "bpf_arena"
            : "bpf_map";
        int id = _kernel!.Find(structure);
        bool isField = IsUnmoved(address) && displacement >= 0 && id != 0 && _kernel.TryLoad(id, displacement, size, out _);
        if (!isField)
            throw Refuse(Rule.MemoryAccess, $"R{register}: a read of {size} bytes at offset {address.Offset + displacement} of {Words.Describe(address)} is not one of its fields");
    }

    /// <summary>The field for a kernel pointer that an access takes whole; null where there is none.</summary>
    private SpecialField? KernelPointerAt(in RegisterState address, int displacement, int size)
    {
        if (_options.Target != VerifierTarget.Linux || size != 8 || !address.Value.IsConstant)
            return null;
        foreach (SpecialField field in _maps.SpecialFields(address.Subject))
        {
            if (field.Kind == SpecialFieldKind.KernelPointer && field.Target != 0 && field.Offset == OffsetOf(address) + displacement)
                return field;
        }

        return null;
    }

    /// <remarks>check_map_kptr_access in the kernel's verifier.</remarks>
    private void StoreKernelPointer(in SpecialField field, int register, in RegisterState value, bool isAtomic)
    {
        if (isAtomic || field.Tag != "kptr_untrusted")
            throw Refuse(Rule.MapValueAccess, $"R{register} points to a kernel pointer, which is not written directly", "use bpf_kptr_xchg()");
        if (value.IsZero)
        {
            _paths.Need(value.Sources);
            return;
        }

        RegisterState expected = KernelPointerTo(field, RegisterMarks.None);
        bool matches = value.Kind == RegisterKind.BtfObject && IsUnmoved(value) && value.Subject == expected.Subject && (value.Marks & (RegisterMarks.User | RegisterMarks.PerCpu)) == 0;
        if (!matches)
            throw Refuse(Rule.MapValueAccess, $"{Words.Describe(value)} is stored where a pointer of another type is kept");
    }

    private void CheckMapValue(in RegisterState address, int register, int displacement, int size, bool writes)
    {
        MapSpec map = _maps[address.Subject];
        if (writes && (map.Flags & MapFlags.ReadOnlyProgram) != 0)
            throw Refuse(Rule.ReadOnlyMemory, $"map {map.Name} is read-only for programs");
        if (!writes && (map.Flags & MapFlags.WriteOnlyProgram) != 0)
            throw Refuse(Rule.MapValueAccess, $"map {map.Name} is write-only for programs");
        if (_options.StrictAlignment && size is 2 or 4 or 8)
            CheckAlignment(address, displacement, size, register);
        CheckBounds(address, register, displacement, size, map.ValueSize, Rule.MapValueAccess, $"the value of map {map.Name}");
        long low = address.Value.SMin + address.Offset + displacement;
        long high = (long)address.Value.UMax + address.Offset + displacement + size;
        foreach (SpecialField field in _maps.SpecialFields(address.Subject))
        {
            if (low < field.Offset + field.Size && field.Offset < high)
                throw Refuse(Rule.MapValueAccess, $"the {field.Name} in the value of map {map.Name} (bytes {field.Offset} to {field.Offset + field.Size - 1}) is only for helpers");
        }
    }

    /// <summary>Contents of a map that nobody can change any more are known; of any other map nothing is.</summary>
    private RegisterState LoadMapValue(in RegisterState address, int displacement, int size)
    {
        MapSpec map = _maps[address.Subject];
        if (!map.IsFrozen || (map.Flags & MapFlags.ReadOnlyProgram) == 0 || !address.Value.IsConstant || address.MapIdentity != 0)
            return RegisterState.Unknown;
        long offset = (long)address.Value.Value + address.Offset + displacement;
        ReadOnlySpan<byte> data = map.InitialData.Span;
        ulong value = 0;
        for (int i = 0; i < size; i++)
            value |= (ulong)(offset + i < data.Length ? data[(int)offset + i] : 0) << (8 * i);
        return RegisterState.Constant(value);
    }

    private void CheckPacket(in RegisterState address, int register, int displacement, int size, bool writes)
    {
        if (writes && address.Kind == RegisterKind.Packet && !PacketRules.MayWrite(_program.Type))
            throw Refuse(Rule.ReadOnlyMemory, $"programs of type {_program.Type} may not write packet data directly", "use bpf_skb_store_bytes()");
        // Packets begin 2 bytes off an aligned address, so that what follows the Ethernet header is aligned (NET_IP_ALIGN).
        const int PacketShift = 2;
        if (_options.StrictAlignment && size is 2 or 4 or 8)
            CheckAlignment(address, displacement + (address.Kind == RegisterKind.Packet ? PacketShift : 0), size, register);
        long offset = (long)address.Offset + displacement;
        int known = Math.Max(address.Size, 0);
        if (address.Value.SMin < 0)
        {
            throw Refuse(
                Rule.PacketAccess,
                $"R{register} points into the packet at an offset that may be negative ({Words.Range(address.Value)})",
                "make the offset unsigned, or check that it is not negative");
        }

        if (offset < 0 || offset + size > known)
        {
            string place = address.Value.IsConstant && address.Value.Value == 0 ? $"at offset {offset}" : $"at offset {offset} from a variable position ({Words.Range(address.Value)})";
            throw Refuse(
                Rule.PacketAccess,
                $"R{register}: the access of {size} bytes {place} is not covered; the packet is known to hold {known} bytes there",
                $"compare with {(address.Kind == RegisterKind.Packet ? "data_end" : "data")} first: if (ptr + {Math.Max(offset + size, size)} > end) return");
        }
    }

    private void CheckFlowKeys(in RegisterState address, int register, int displacement, int size)
    {
        // sizeof(struct bpf_flow_keys)
        const int Size = 56;
        CheckBounds(address, register, displacement, size, Size, Rule.MemoryAccess, "the flow keys");
    }
}
