using System.Text;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Cgroups and the hooks on them: the cgroup, the value that the hook returns, the file under /proc/sys that it is about. The host says which they are.</summary>
/// <remarks>kernel/bpf/cgroup.c, net/core/filter.c.</remarks>
internal static unsafe class CgroupHelpers
{
    /// <summary>bpf_get_retval(): what the hook returns to user space so far.</summary>
    internal static ulong GetReturnValue(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => (ulong)run.HookResult;

    /// <summary>bpf_set_retval(value).</summary>
    internal static ulong SetReturnValue(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        run.HookResult = (int)r1;
        return 0;
    }

    /// <summary>bpf_skb_under_cgroup(ctx, map, index) and, without the context, bpf_current_task_under_cgroup: the run's cgroup is the map's or is not; descent is not known here.</summary>
    internal static ulong IsBufferUnder(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.IsContext(r1) ? IsTaskUnder(r2, r3, 0, 0, 0, run) : 0;

    /// <summary>bpf_current_task_under_cgroup(map, index).</summary>
    internal static ulong IsTaskUnder(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map))
            return 0;
        uint index = (uint)r2;
        if (index >= map.Spec.MaxEntries)
            return Run.Result(Errno.E2BIG);
        if (map is not ITargetMap cgroups || !cgroups.TryGet((byte*)&index, out ulong cgroup))
            return Run.Result(Errno.EAGAIN);
        return cgroup == run.CgroupId ? 1u : 0;
    }

    /// <summary>bpf_sysctl_get_name(ctx, buffer, size, flags): the path below /proc/sys, or its last part (flag 1).</summary>
    internal static ulong SysctlName(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const ulong BaseName = 1;

        if (!run.IsContext(r1) || !run.CanWrite(r2, (uint)r3))
            return 0;
        if (r2 == 0)
            return Run.Result(Errno.EINVAL);
        string name = run.Sysctl?.Name ?? "";
        return Text(r2, (uint)r3, (r4 & BaseName) != 0 ? name[(name.LastIndexOf('/') + 1)..] : name);
    }

    /// <summary>bpf_sysctl_get_current_value(ctx, buffer, size).</summary>
    internal static ulong SysctlCurrent(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Value(run, r1, r2, r3, run.Sysctl?.Current);

    /// <summary>bpf_sysctl_get_new_value(ctx, buffer, size): -EINVAL where nothing is written.</summary>
    internal static ulong SysctlNew(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Value(run, r1, r2, r3, run.Sysctl?.New);

    /// <summary>bpf_sysctl_set_new_value(ctx, buffer, size).</summary>
    internal static ulong SetSysctlNew(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const uint LargestValue = 4095; // PAGE_SIZE - 1

        if (!run.IsContext(r1) || !run.CanRead(r2, (uint)r3))
            return 0;
        if (run.Sysctl?.New is null || (uint)r3 == 0)
            return Run.Result(Errno.EINVAL);
        if ((uint)r3 > LargestValue)
            return Run.Result(Errno.E2BIG);
        run.Sysctl = run.Sysctl with { New = Encoding.Latin1.GetString((byte*)r2, (int)(uint)r3) };
        return 0;
    }

    private static ulong Value(Run run, ulong context, ulong buffer, ulong size, string? value)
    {
        if (!run.IsContext(context) || !run.CanWrite(buffer, (uint)size))
            return 0;
        if (value is not null)
            return Text(buffer, (uint)size, value);
        new Span<byte>((void*)buffer, checked((int)(uint)size)).Clear();
        return Run.Result(Errno.EINVAL);
    }

    /// <summary>Text with its terminator, the rest zero: its length, or -E2BIG where it was cut.</summary>
    private static ulong Text(ulong address, uint size, string text)
    {
        var buffer = new Span<byte>((void*)address, checked((int)size));
        buffer.Clear();
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, Math.Max(buffer.Length - 1, 0))).CopyTo(buffer);
        return bytes.Length < buffer.Length ? (ulong)bytes.Length : Run.Result(Errno.E2BIG);
    }
}
