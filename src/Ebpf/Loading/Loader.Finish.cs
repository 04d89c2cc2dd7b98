using System.Buffers.Binary;
using System.Diagnostics;
using Ebpf.Bytecode.Objects;
using Ebpf.Platforms;

namespace Ebpf.Loading;

internal sealed partial class Loader
{
    /// <summary>Fills slots, contents and pins, and answers what is loaded now: from here on it stays.</summary>
    public LoadState Finish()
    {
        foreach (MapPlan map in _object.Maps)
        {
            if (_state.Maps[map.Index] is not { } handle)
            {
                continue;
            }

            if (map.Image.Type == MapType.ProgArray)
            {
                FillPrograms(map, handle);
            }
            else if (IsNew(map))
            {
                FillMaps(map, handle);
            }

            if (IsNew(map))
            {
                FillEntries(map, handle);
            }
        }

        foreach (MapPlan map in _object.Maps)
        {
            if (map.PinPath is { } path && IsNew(map))
            {
                Pin(map, path);
            }
        }

        _undo.Keep();
        _state.LoadTime += Stopwatch.GetElapsedTime(_started);
        return _state;
    }

    /// <summary>Whether this run made the map.</summary>
    private bool IsNew(MapPlan map) => _made[map.Index];

    /// <remarks>init_prog_array_slots in libbpf.c, where a slot that names a skipped program fails the load with the kernel's -EBADF.</remarks>
    private void FillPrograms(MapPlan map, IMapHandle handle)
    {
        if (map.Image.Slots.IsEmpty)
        {
            return;
        }

        // Slots name functions; programs are those of them that are no subprograms.
        var programs = _object.Programs.ToDictionary(static p => p.Image.Index, static p => p.Index);
        foreach (MapSlot slot in map.Image.Slots)
        {
            if (!programs.TryGetValue(slot.Target, out int target))
            {
                throw Refuse(Errno.EINVAL, $"slot {slot.Index} of map '{map.Name}' names '{slot.Name}', which is no program");
            }

            if (_state.Programs[target] is not { } program)
            {
                if (IsNew(map) && !_options.EmptySkippedSlots)
                {
                    throw Refuse(
                        Errno.EBADF,
                        $"slot {slot.Index} of map '{map.Name}' names program '{slot.Name}', which is not loaded: turn its AutoLoad on, or set LoadOptions.EmptySkippedSlots");
                }
            }
            else if (IsNew(map) || (_selected[target] && IsEmpty(handle, slot.Index)))
            {
                Errno errno = handle.Update(Key(slot.Index), program.Handle);
                if (errno != Errno.None)
                {
                    throw Refuse(errno, $"program '{slot.Name}' cannot be put into slot {slot.Index} of map '{map.Name}': {errno}");
                }
            }
        }
    }

    /// <summary>Whether nobody has put another program there since the object was loaded.</summary>
    private static bool IsEmpty(IMapHandle handle, int slot) => handle.Lookup(Key(slot), new byte[handle.HostValueSize]) == Errno.ENOENT;

    private void FillMaps(MapPlan map, IMapHandle handle)
    {
        foreach (MapSlot slot in map.Image.Slots)
        {
            IMapHandle inner = _state.Maps[slot.Target]
                ?? throw Refuse(Errno.EBADF, $"slot {slot.Index} of map '{map.Name}' names map '{slot.Name}', which is not created: turn its AutoCreate on");
            Errno errno = handle.Update(Key(slot.Index), inner);
            if (errno != Errno.None)
            {
                throw Refuse(errno, $"map '{slot.Name}' cannot be put into slot {slot.Index} of map '{map.Name}': {errno}");
            }
        }
    }

    private void FillEntries(MapPlan map, IMapHandle handle)
    {
        foreach (BpfMapEntry entry in map.Entries)
        {
            Errno errno = entry.Key.Length != (int)handle.Spec.KeySize || entry.Value.Length != handle.HostValueSize
                ? Errno.EINVAL
                : handle.Update(entry.Key, entry.Value, MapUpdateFlags.Any);
            if (errno != Errno.None)
            {
                throw Refuse(errno, $"map '{map.Name}' does not take the entry {Convert.ToHexStringLower(entry.Key)}:{Convert.ToHexStringLower(entry.Value)}: {errno}");
            }
        }
    }

    private void Pin(MapPlan map, string path)
    {
        if (_pinned[map.Index])
        {
            return;
        }

        _platform.Pin(path, _state.Maps[map.Index]!);
        _undo.Add(() => _platform.Unpin(path));
    }

    private static byte[] Key(int index)
    {
        byte[] key = new byte[sizeof(uint)];
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, index);
        }
        else
        {
            BinaryPrimitives.WriteInt32BigEndian(key, index);
        }

        return key;
    }
}
