using Ebpf.Runtime.Interpreter;
using Ebpf.Runtime.Maps;
using Ebpf.Verifier;

namespace Ebpf.Runtime.Helpers;

/// <summary>Helpers that call a function of the program.</summary>
internal static unsafe class CallbackHelpers
{
    /// <summary>bpf_loop(rounds, callback, context, flags): how many rounds there were.</summary>
    internal static ulong Loop(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        uint rounds = (uint)r1;
        if (r4 != 0)
            return Run.Result(Errno.EINVAL);
        if (rounds > Run.LoopLimit)
            return Run.Result(Errno.E2BIG);
        for (uint i = 0; i < rounds; i++)
        {
            if (!run.Call(r2, i, r3, 0, 0, 0, out ulong result))
                return 0;
            if (result != 0)
                return i + 1;
        }

        return rounds;
    }

    /// <summary>bpf_for_each_map_elem(map, callback, context, flags): how many elements were visited.</summary>
    internal static ulong ForEach(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map))
            return 0;
        if (r4 != 0)
            return Run.Result(Errno.EINVAL);

        bool isArray = map.Type is MapType.Array or MapType.PerCpuArray;
        ulong visited = 0;
        uint* index = stackalloc uint[1];
        ElementCursor cursor = default;
        while (map.MoveNext(ref cursor, run.Cpu))
        {
            byte* key = cursor.Key;
            if (isArray)
            {
                *index = (uint)visited;
                key = (byte*)index;
            }

            if (!Visit(run, map, key, cursor.Value, r2, r3, out ulong result))
                return 0;
            visited++;
            if (result != 0)
                break;
        }

        return visited;
    }

    private static bool Visit(Run run, EmbeddedMap map, byte* key, byte* value, ulong callback, ulong context, out ulong result)
    {
        if (!run.IsChecking)
            return run.Call(callback, (ulong)map.Handle, (ulong)key, (ulong)value, context, 0, out result);

        var keyRegion = new MemoryRegion((ulong)key, map.Spec.KeySize, MemoryKinds.Allocated, false, "a key");
        run.Memory.Grant(keyRegion);
        run.Memory.GrantValue(map, value);
        bool goesOn = run.Call(callback, (ulong)map.Handle, (ulong)key, (ulong)value, context, 0, out result);
        run.Memory.Revoke(keyRegion);
        return goesOn;
    }
}
