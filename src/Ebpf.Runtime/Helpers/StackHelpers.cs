using System.Runtime.InteropServices;
using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Call stacks: those that the host gave the run. Without one the answer is -EFAULT, as in Linux where there is no stack to walk.</summary>
/// <remarks>kernel/bpf/stackmap.c.</remarks>
internal static unsafe class StackHelpers
{
    /// <remarks>BPF_F_SKIP_FIELD_MASK, BPF_F_USER_STACK, BPF_F_FAST_STACK_CMP, BPF_F_REUSE_STACKID, BPF_F_USER_BUILD_ID in include/uapi/linux/bpf.h.</remarks>
    private const ulong SkipMask = 0xff, IsUser = 1 << 8, ComparesHashOnly = 1 << 9, Reuses = 1 << 10, HasBuildIds = 1 << 11;

    /// <summary>bpf_get_stackid(ctx, map, flags).</summary>
    internal static ulong Id(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.IsContext(r1) || !run.TryMap(r2, out EmbeddedMap map))
            return 0;
        if (map is not StackTraceMap stacks)
        {
            run.Stop($"map '{map.Spec.Name}' holds no stack traces");
            return 0;
        }

        if ((r3 & ~(SkipMask | IsUser | ComparesHashOnly | Reuses)) != 0)
            return Run.Result(Errno.EINVAL);
        ReadOnlySpan<ulong> stack = Stack(run, r3);
        return stack.IsEmpty ? Run.Result(Errno.EFAULT) : Run.Result(stacks.Store(stack, r3));
    }

    /// <summary>bpf_get_stack(ctx, buffer, size, flags): the bytes that were filled.</summary>
    internal static ulong Get(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.IsContext(r1) ? Copy(run, r2, (uint)r3, r4) : 0;

    /// <summary>bpf_get_task_stack(task, buffer, size, flags): of the run's own task.</summary>
    internal static ulong GetOfTask(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => Copy(run, r2, (uint)r3, r4);

    private static ulong Copy(Run run, ulong address, uint size, ulong flags)
    {
        if (!run.CanWrite(address, size))
            return 0;
        var buffer = new Span<byte>((void*)address, checked((int)size));
        buffer.Clear();
        if ((flags & ~(SkipMask | IsUser | HasBuildIds)) != 0 || ((flags & HasBuildIds) != 0 && (flags & IsUser) == 0))
            return Run.Result(Errno.EINVAL);
        uint frameBytes = (flags & HasBuildIds) != 0 ? StackTraceMap.BuildIdBytes : sizeof(ulong);
        if (size % frameBytes != 0)
            return Run.Result(Errno.EINVAL);
        ReadOnlySpan<ulong> stack = Stack(run, flags);
        if (stack.IsEmpty)
            return Run.Result(Errno.EFAULT);
        int frames = Math.Min(stack.Length, (int)(size / frameBytes));
        for (int i = 0; i < frames; i++)
        {
            Span<byte> frame = buffer.Slice(i * (int)frameBytes, (int)frameBytes);
            if (frameBytes != sizeof(ulong))
                MemoryMarshal.Write(frame, 2); // BPF_STACK_BUILD_ID_IP: no build id is known
            MemoryMarshal.Write(frame[^sizeof(ulong)..], stack[i]);
        }

        return (ulong)frames * frameBytes;
    }

    private static ReadOnlySpan<ulong> Stack(Run run, ulong flags)
    {
        ReadOnlySpan<ulong> stack = ((flags & IsUser) != 0 ? run.UserStack : run.KernelStack).Span;
        int skipped = (int)(flags & SkipMask);
        return skipped < stack.Length ? stack[skipped..] : default;
    }
}
