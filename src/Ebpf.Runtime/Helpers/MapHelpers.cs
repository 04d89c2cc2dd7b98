using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Looking up and changing elements.</summary>
internal static unsafe class MapHelpers
{
    /// <summary>bpf_map_lookup_elem(map, key).</summary>
    internal static ulong Lookup(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map) || !run.CanRead(r2, map.Spec.KeySize))
            return 0;
        return Found(run, map, map.Lookup((byte*)r2, run.Cpu));
    }

    /// <summary>bpf_map_lookup_percpu_elem(map, key, cpu).</summary>
    internal static ulong LookupPerCpu(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map) || !run.CanRead(r2, map.Spec.KeySize))
            return 0;
        return Found(run, map, map.LookupPerCpu((byte*)r2, (uint)r3));
    }

    /// <summary>bpf_map_update_elem(map, key, value, flags).</summary>
    internal static ulong Update(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map) || !run.CanRead(r2, map.Spec.KeySize) || !run.CanRead(r3, map.Spec.ValueSize))
            return 0;
        return Run.Result(map.Update((byte*)r2, (byte*)r3, r4, run.Cpu));
    }

    /// <summary>bpf_map_delete_elem(map, key).</summary>
    internal static ulong Delete(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map) || !run.CanRead(r2, map.Spec.KeySize))
            return 0;
        return Run.Result(map.Delete((byte*)r2, run.Cpu));
    }

    /// <summary>bpf_map_lookup_and_delete_elem(map, key) of eBPF for Windows: the value stays readable until the run ends.</summary>
    internal static ulong LookupAndDelete(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        ulong value = Lookup(r1, r2, r3, r4, r5, run);
        if (value != 0 && run.TryMap(r1, out EmbeddedMap map))
            map.Delete((byte*)r2, run.Cpu);
        return value;
    }

    /// <summary>bpf_map_push_elem(map, value, flags).</summary>
    internal static ulong Push(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map) || !run.CanRead(r2, map.Spec.ValueSize))
            return 0;
        return Run.Result(map.Push((byte*)r2, r3));
    }

    /// <summary>bpf_map_pop_elem(map, value).</summary>
    internal static ulong Pop(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map) || !run.CanWrite(r2, map.Spec.ValueSize))
            return 0;
        return Run.Result(map.Pop((byte*)r2));
    }

    /// <summary>bpf_map_peek_elem(map, value). Of a bloom filter the value is read, not written.</summary>
    internal static ulong Peek(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map))
            return 0;
        if (map.Type == MapType.BloomFilter ? !run.CanRead(r2, map.Spec.ValueSize) : !run.CanWrite(r2, map.Spec.ValueSize))
            return 0;
        return Run.Result(map.Peek((byte*)r2));
    }

    private static ulong Found(Run run, EmbeddedMap map, byte* value)
    {
        if (run.IsChecking && value != null)
        {
            if (map.Type is MapType.ArrayOfMaps or MapType.HashOfMaps)
                run.Memory.GrantMap((ulong)value);
            else
                run.Memory.GrantValue(map, value);
        }

        return (ulong)value;
    }
}
