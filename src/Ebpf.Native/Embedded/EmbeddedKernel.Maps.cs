using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native.Embedded;

/// <content>Maps.</content>
internal static unsafe partial class EmbeddedKernel
{
    // include/uapi/linux/bpf.h.
    private const ulong FlagLock = 4;
    private const ulong LastUpdateFlag = 2;

    private static int CreateMap(MapCreateAttributes* attributes)
    {
        string name = attributes->MapName.ToString();
        MapSpec? inner = null;
        var type = (MapType)attributes->MapType;
        if (type is MapType.ArrayOfMaps or MapType.HashOfMaps)
        {
            if (DescriptorTable.Find<IMapHandle>(attributes->InnerMapFd) is not { } template)
            {
                return BadDescriptor(attributes->InnerMapFd);
            }

            inner = template.Spec with { Inner = null, InitialData = default };
        }

        IMapHandle map = Engine.CreateMap(new MapSpec
        {
            Name = name,
            Type = type,
            KeySize = attributes->KeySize,
            ValueSize = attributes->ValueSize,
            MaxEntries = attributes->MaxEntries,
            Flags = (MapFlags)attributes->MapFlags,
            NumaNode = attributes->NumaNode,
            Extra = attributes->MapExtra,
            Inner = inner,
        });
        return DescriptorTable.Give(map.Fd, map);
    }

    private static int Element(BpfCommand command, MapElementAttributes* attributes)
    {
        if (DescriptorTable.Find<IMapHandle>(attributes->MapFd) is not { } map)
        {
            return BadDescriptor(attributes->MapFd);
        }

        if (command == BpfCommand.MapFreeze)
        {
            return -(int)map.Freeze();
        }

        ulong flags = attributes->Flags;
        ulong known = command switch
        {
            BpfCommand.MapUpdateElement => FlagLock | 3,
            BpfCommand.MapLookupElement or BpfCommand.MapLookupAndDeleteElement => FlagLock,
            _ => 0,
        };
        if ((flags & ~known) != 0 || (command == BpfCommand.MapUpdateElement && (flags & 3) > LastUpdateFlag))
        {
            return Answer.Error(Errno.EINVAL);
        }

        int keySize = (int)map.Spec.KeySize;
        int valueSize = map.HostValueSize;
        bool mayLackKey = command == BpfCommand.MapGetNextKey || keySize == 0;
        if (attributes->Key == null && !mayLackKey)
        {
            return Answer.Error(Errno.EFAULT);
        }

        if (keySize == 0 && attributes->Key != null)
        {
            return Answer.Error(Errno.EINVAL);
        }

        bool hasValue = command is not (BpfCommand.MapDeleteElement or BpfCommand.MapGetNextKey);
        if (attributes->Value == null && (hasValue || command == BpfCommand.MapGetNextKey))
        {
            return Answer.Error(Errno.EFAULT);
        }

        var key = new ReadOnlySpan<byte>(attributes->Key, attributes->Key == null ? 0 : keySize);
        var value = new Span<byte>(attributes->Value, hasValue ? valueSize : 0);
        return -(int)(command switch
        {
            BpfCommand.MapLookupElement => map.Lookup(key, value),
            BpfCommand.MapUpdateElement => Update(map, key, value, flags),
            BpfCommand.MapDeleteElement => map.Delete(key),
            BpfCommand.MapGetNextKey => map.NextKey(key, new Span<byte>(attributes->Value, keySize)),
            _ => map.LookupAndDelete(key, value),
        });
    }

    /// <summary>Values of maps of programs and of maps are descriptors.</summary>
    private static Errno Update(IMapHandle map, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        switch (map.Spec.Type)
        {
            case MapType.ProgArray:
                int program = BitConverter.ToInt32(value);
                return DescriptorTable.Find<IProgramHandle>(program) is { } handle ? map.Update(key, handle) : (Errno)(-BadDescriptor(program));
            case MapType.ArrayOfMaps or MapType.HashOfMaps:
                int inner = BitConverter.ToInt32(value);
                return DescriptorTable.Find<IMapHandle>(inner) is { } other ? map.Update(key, other) : (Errno)(-BadDescriptor(inner));
            default:
                return map.Update(key, value, (MapUpdateFlags)flags);
        }
    }

    /// <remarks>generic_map_lookup_batch and its like in kernel/bpf/syscall.c: the batch's mark is the last key that was given.</remarks>
    private static int Batch(BpfCommand command, MapBatchAttributes* attributes)
    {
        if (DescriptorTable.Find<IMapHandle>(attributes->MapFd) is not { } map)
        {
            return BadDescriptor(attributes->MapFd);
        }

        if (map.Spec.KeySize == 0 || (attributes->ElementFlags & ~(FlagLock | 3)) != 0 || attributes->Flags != 0)
        {
            return Answer.Error(map.Spec.KeySize == 0 ? Errno.ENOTSUPP : Errno.EINVAL);
        }

        uint wanted = attributes->Count;
        attributes->Count = 0;
        return command is BpfCommand.MapUpdateBatch or BpfCommand.MapDeleteBatch
            ? ChangeBatch(command, attributes, map, wanted)
            : ReadBatch(command, attributes, map, wanted);
    }

    private static int ChangeBatch(BpfCommand command, MapBatchAttributes* attributes, IMapHandle map, uint wanted)
    {
        int keySize = (int)map.Spec.KeySize;
        for (uint i = 0; i < wanted; i++)
        {
            var key = new ReadOnlySpan<byte>((byte*)attributes->Keys + (long)i * keySize, keySize);
            Errno errno = command == BpfCommand.MapDeleteBatch
                ? map.Delete(key)
                : Update(map, key, new ReadOnlySpan<byte>((byte*)attributes->Values + (long)i * map.HostValueSize, map.HostValueSize), attributes->ElementFlags);
            if (errno != Errno.None)
            {
                return -(int)errno;
            }

            attributes->Count = i + 1;
        }

        return 0;
    }

    private static int ReadBatch(BpfCommand command, MapBatchAttributes* attributes, IMapHandle map, uint wanted)
    {
        int keySize = (int)map.Spec.KeySize;
        byte[] key = new byte[keySize];
        byte[] next = new byte[keySize];
        bool isFirst = attributes->InBatch == null;
        if (!isFirst)
        {
            new ReadOnlySpan<byte>(attributes->InBatch, keySize).CopyTo(key);
        }

        Errno errno = map.NextKey(isFirst ? default : key, next);
        uint count = 0;
        while (errno == Errno.None && count < wanted)
        {
            var value = new Span<byte>((byte*)attributes->Values + (long)count * map.HostValueSize, map.HostValueSize);
            Errno found = map.Lookup(next, value);
            next.CopyTo(key, 0);
            if (found == Errno.None)
            {
                next.CopyTo(new Span<byte>((byte*)attributes->Keys + (long)count * keySize, keySize));
                count++;
            }

            errno = map.NextKey(key, next);
        }

        if (command == BpfCommand.MapLookupAndDeleteBatch)
        {
            for (uint i = 0; i < count; i++)
            {
                _ = map.Delete(new ReadOnlySpan<byte>((byte*)attributes->Keys + (long)i * keySize, keySize));
            }
        }

        attributes->Count = count;
        if (attributes->OutBatch != null && count > 0)
        {
            key.CopyTo(new Span<byte>(attributes->OutBatch, keySize));
        }

        return -(int)errno;
    }
}
