using System.Runtime.CompilerServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// DEVMAP, CPUMAP, XSKMAP, SOCKMAP, REUSEPORT_SOCKARRAY and CGROUP_ARRAY: where packets and connections may be sent. The host puts in numbers that it
/// understands, and is told which of them a program chose.
/// </summary>
/// <remarks>kernel/bpf/{devmap,cpumap}.c, net/xdp/xskmap.c, net/core/sock_map.c, kernel/bpf/reuseport_array.c. Errors of each were asked of Linux 6.18.</remarks>
internal sealed unsafe class TargetArrayMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots) : EmbeddedMap(spec, heap, slots), ITargetMap
{
    private readonly uint _maxEntries = spec.MaxEntries;
    private Element* _elements;
    private int* _lock;

    public override byte* Lookup(byte* key, int slot)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        return Type is MapType.DevMap or MapType.XskMap && index < _maxEntries && Volatile.Read(ref _elements[index].IsPresent) != 0
            ? (byte*)&_elements[index].Target : null;
    }

    public bool TryGet(byte* key, out ulong target)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        bool isPresent = index < _maxEntries && Volatile.Read(ref _elements[index].IsPresent) != 0;
        target = isPresent ? Volatile.Read(ref _elements[index].Target) : 0;
        return isPresent;
    }

    public IReadOnlyList<ulong> All()
    {
        List<ulong> all = [];
        for (uint index = 0; index < _maxEntries; index++)
        {
            if (TryGet((byte*)&index, out ulong target))
                all.Add(target);
        }

        return all;
    }

    private protected override void Build()
    {
        base.Build();
        _lock = (int*)Own(Heap.Allocate(64, 64, Purpose)).Address;
        _elements = (Element*)Own(Heap.Allocate((ulong)_maxEntries * (ulong)sizeof(Element), 64, Purpose)).Address;
        Header->Stride = (uint)sizeof(Element);
        Header->Data = (byte*)_elements;
    }

    private protected override int UpdateElement(byte* key, byte* value, ulong flags, int slot)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        if (flags > TargetRules.MostFlags(Type))
            return -(int)Errno.EINVAL;
        if (index >= _maxEntries)
            return -(int)Errno.E2BIG;
        bool isSocket = Type is MapType.XskMap or MapType.SockMap or MapType.ReuseportSockArray;
        if (!isSocket && flags == (ulong)ElementFlags.NoExist)
            return -(int)Errno.EEXIST;
        int error = TargetRules.Read(Type, Spec.ValueSize, value, out ulong target);
        if (error != 0)
            return error;

        Element* element = _elements + index;
        NativeLock.Acquire(_lock);
        bool isPresent = element->IsPresent != 0;
        if (isSocket && isPresent && flags == (ulong)ElementFlags.NoExist)
            error = -(int)Errno.EEXIST;
        else if (isSocket && !isPresent && flags == (ulong)ElementFlags.Exist)
            error = -(int)Errno.ENOENT;
        else
            Put(element, target, !TargetRules.Empties(Type, target));
        NativeLock.Release(_lock);
        return error;
    }

    private protected override int DeleteElement(byte* key)
    {
        uint index = Unsafe.ReadUnaligned<uint>(key);
        bool isReferenceArray = Type is MapType.CgroupArray or MapType.ReuseportSockArray;
        if (index >= _maxEntries)
            return isReferenceArray ? -(int)Errno.E2BIG : -(int)Errno.EINVAL;
        NativeLock.Acquire(_lock);
        bool wasPresent = _elements[index].IsPresent != 0;
        Put(_elements + index, 0, false);
        NativeLock.Release(_lock);
        if (wasPresent || Type is MapType.DevMap or MapType.CpuMap or MapType.XskMap)
            return 0;
        return isReferenceArray ? -(int)Errno.ENOENT : -(int)Errno.EINVAL;
    }

    private protected override int CopyValue(byte* key, byte* value, ulong flags)
    {
        int error = TargetRules.HostRead(Type, Spec.ValueSize);
        if (error != 0)
            return error;
        if (!TryGet(key, out ulong target))
            return -(int)Errno.ENOENT;
        Bytes.Copy(value, (byte*)&target, Spec.ValueSize);
        return 0;
    }

    private protected override int NextKey(byte* key, byte* next) => ArrayMap.NextIndex(key, next, _maxEntries);

    private static void Put(Element* element, ulong target, bool isPresent)
    {
        // What was there stays when it goes: who has just seen that it is there reads a target that the host put in, not nothing.
        if (isPresent)
            Volatile.Write(ref element->Target, target);
        Volatile.Write(ref element->IsPresent, isPresent ? 1u : 0);
    }

    private struct Element
    {
        public ulong Target;
        public uint IsPresent;
    }
}
