using Ebpf.Runtime.Contexts;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Interpreter;

/// <summary>
/// The memory that a run in checking mode may touch: its stack, context and packet as they are at the moment, the maps' values that it was handed,
/// and what helpers allocated for it. An access outside stops the run with a <see cref="Fault"/>.
/// </summary>
internal sealed unsafe class CheckedMemory(Run run)
{
    private readonly RegionIndex _granted = new();
    private readonly HashSet<ulong> _maps = [];
    private readonly Dictionary<ulong, MemoryRegion> _records = [];
    private MemoryRegion _last;

    /// <summary>Forgets what was granted.</summary>
    internal void Clear()
    {
        _granted.Clear();
        _maps.Clear();
        _records.Clear();
        _last = default;
    }

    /// <summary>Begins a run: forgets what the last one was granted, and allows the program's maps.</summary>
    internal void Reset()
    {
        Clear();
        GrantMaps(run.Program);
    }

    /// <summary>Allows the maps of a program, and the values of those that it addresses directly.</summary>
    internal void GrantMaps(EmbeddedProgram program)
    {
        foreach (EmbeddedMap map in program.Maps)
        {
            _maps.Add((ulong)map.Handle);
            if (map.DirectValue is var value && value != null)
                GrantValue(map, value);
        }
    }

    /// <summary>Allows a map that a look-up in a map of maps gave.</summary>
    internal void GrantMap(ulong handle) => _maps.Add(handle);

    /// <summary>Allows a value that a look-up gave.</summary>
    internal void GrantValue(EmbeddedMap map, byte* value) =>
        Grant(new MemoryRegion((ulong)value, map.Spec.ValueSize, MemoryKinds.MapValue, (map.Spec.Flags & MapFlags.ReadOnlyProgram) == 0, map.Spec.Name));

    /// <summary>Allows memory; a record of a ring buffer must be given back by the program.</summary>
    internal void Grant(in MemoryRegion region, bool isRecord = false)
    {
        _granted.Add(region);
        if (isRecord)
            _records[region.Start] = region;
    }

    /// <summary>Takes back what was allowed.</summary>
    internal void Revoke(in MemoryRegion region)
    {
        _granted.Remove(region);
        _last = default;
    }

    /// <summary>Takes back a record; false where none begins at this address.</summary>
    internal bool RevokeRecord(ulong address)
    {
        if (!_records.Remove(address, out MemoryRegion region))
            return false;
        Revoke(region);
        return true;
    }

    /// <summary>Gives back what a program that was stopped still holds: a reserved record would block its ring for ever.</summary>
    internal void GiveBack()
    {
        foreach (ulong record in _records.Keys)
            RingBufferMap.Discard((byte*)record, (ulong)RingBufferFlags.NoWakeup);
        _records.Clear();
    }

    /// <summary>Whether a map's handle was given to the program.</summary>
    internal bool IsMap(ulong handle) => _maps.Contains(handle);

    /// <summary>The region that has all these bytes.</summary>
    internal bool TryFind(ulong address, ulong size, out MemoryRegion region)
    {
        if (_last.Contains(address, size))
        {
            region = _last;
            return true;
        }

        ulong bottom = (ulong)run.StackBottom;
        region = new MemoryRegion(bottom, (ulong)run.StackTop - bottom, MemoryKinds.Stack, true, "the stack");
        if (region.Contains(address, size))
            return true;
        region = new MemoryRegion((ulong)run.Context, (ulong)run.ContextSize, MemoryKinds.Context, true, "the context");
        if (region.Contains(address, size))
            return true;
        region = new MemoryRegion((ulong)run.PacketMeta, (ulong)(run.PacketEnd - run.PacketMeta), MemoryKinds.Packet, true, "the packet");
        if (region.Contains(address, size))
            return true;
        if (!_granted.TryFind(address, size, out region))
            return false;
        _last = region;
        return true;
    }

    /// <summary>Whether a helper may read these bytes.</summary>
    internal bool CheckRead(ulong address, ulong size) => size == 0 || Check(address, size, isWrite: false);

    /// <summary>Whether a helper may write these bytes.</summary>
    internal bool CheckWrite(ulong address, ulong size) => size == 0 || Check(address, size, isWrite: true);

    /// <summary>Executes a load.</summary>
    internal bool Load(ulong* r, Operation* operation)
    {
        uint size = operation->Code switch { Op.Load8 or Op.LoadSx8 => 1, Op.Load16 or Op.LoadSx16 => 2, Op.Load32 or Op.LoadSx32 => 4, _ => 8 };
        bool signed = operation->Code is Op.LoadSx8 or Op.LoadSx16 or Op.LoadSx32;
        return Load(r[operation->Source] + (ulong)operation->Offset, size, signed, out r[operation->Destination]);
    }

    /// <summary>Loads a value; false where it may not be read.</summary>
    internal bool Load(ulong address, uint size, bool signed, out ulong value)
    {
        value = 0;
        if (!_last.Contains(address, size) && address - (ulong)run.Context < (ulong)run.ContextSize
            && run.Program.ContextMap.PointerAt((long)(address - (ulong)run.Context), size) is >= 0 and int pointer)
        {
            value = *(ulong*)(run.Context + pointer);
            return true;
        }

        if (!Check(address, size, isWrite: false))
            return false;
        value = (size, signed) switch
        {
            (1, false) => *(byte*)address,
            (2, false) => *(ushort*)address,
            (4, false) => *(uint*)address,
            (1, true) => (ulong)*(sbyte*)address,
            (2, true) => (ulong)*(short*)address,
            (4, true) => (ulong)*(int*)address,
            _ => *(ulong*)address,
        };
        return true;
    }

    /// <summary>Executes a store.</summary>
    internal bool Store(ulong* r, Operation* operation, ulong value)
    {
        ulong address = r[operation->Destination] + (ulong)operation->Offset;
        switch (operation->Code)
        {
            case Op.Store8 or Op.Store8K:
                if (!Check(address, 1, isWrite: true))
                    return false;
                *(byte*)address = (byte)value;
                return true;
            case Op.Store16 or Op.Store16K:
                if (!Check(address, 2, isWrite: true))
                    return false;
                *(ushort*)address = (ushort)value;
                return true;
            case Op.Store32 or Op.Store32K:
                if (!Check(address, 4, isWrite: true))
                    return false;
                *(uint*)address = (uint)value;
                return true;
            default:
                if (!Check(address, 8, isWrite: true))
                    return false;
                *(ulong*)address = value;
                return true;
        }
    }

    /// <summary>Whether an atomic may be executed. Atomics need alignment: not every processor has unaligned ones.</summary>
    internal bool CheckAtomic(ulong* r, Operation* operation, uint size)
    {
        bool loads = operation->Immediate == Bytecode.Isa.Opcodes.AtomicLoadAcquire;
        return CheckAtomic(r[loads ? operation->Source : operation->Destination] + (ulong)operation->Offset, size, isWrite: !loads);
    }

    /// <summary>Whether an atomic at an address may be executed.</summary>
    internal bool CheckAtomic(ulong address, uint size, bool isWrite)
    {
        if (!Check(address, size, isWrite))
            return false;
        if ((address & (size - 1)) == 0)
            return true;
        run.Stop($"an atomic access of {size} bytes at 0x{address:x}, which is not aligned to {size}");
        return false;
    }

    private bool Check(ulong address, ulong size, bool isWrite)
    {
        if (TryFind(address, size, out MemoryRegion region))
        {
            if (region.Kind == MemoryKinds.Context)
            {
                ContextMap map = run.Program.ContextMap;
                long offset = (long)(address - region.Start);
                if (isWrite ? map.IsWritable(offset, size) : map.IsReadable(offset, size))
                    return true;
                run.Stop($"{Describe(address, size, isWrite)}, bytes {offset} to {offset + (long)size} of the context, which the program type does not allow");
                return false;
            }

            if (!isWrite || region.IsWritable)
                return true;
            run.Stop($"{Describe(address, size, isWrite)}, in {region.Name}, which the program may only read");
            return false;
        }

        run.Stop($"{Describe(address, size, isWrite)}, outside all memory of the run ({Nearest(address)})");
        return false;
    }

    private static string Describe(ulong address, ulong size, bool isWrite) => $"a {(isWrite ? "write" : "read")} of {size} bytes at 0x{address:x}";

    private string Nearest(ulong address)
    {
        if (address < 4096)
            return "a null pointer";
        if (TryFind(address, 1, out MemoryRegion inside))
            return $"it runs over the end of {inside.Name}, 0x{inside.Start:x} to 0x{inside.Start + inside.Size:x}";
        if (_maps.Contains(address))
            return "a map, not its value";

        string text = $"stack 0x{(ulong)run.StackBottom:x} to 0x{(ulong)run.StackTop:x}";
        if (run.ContextSize > 0)
            text += $", context 0x{(ulong)run.Context:x} to 0x{(ulong)run.Context + (ulong)run.ContextSize:x}";
        if (run.PacketData != null)
            text += $", packet 0x{(ulong)run.PacketMeta:x} to 0x{(ulong)run.PacketEnd:x}";
        return text;
    }
}
