using System.Text;

namespace Ebpf.Runtime.Helpers;

/// <summary>The machine and the current task. Without a kernel there is one NUMA node, one cgroup and user 0, and no program is attached with a cookie.</summary>
internal static unsafe class TaskHelpers
{
    /// <summary>What bpf_get_current_comm answers where the request says nothing, cut to what a task's name holds.</summary>
    private static readonly string s_processName = Path.GetFileNameWithoutExtension(Environment.ProcessPath) ?? "ebpf";

    /// <summary>bpf_get_prandom_u32().</summary>
    internal static ulong Random(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Random.Next();

    /// <summary>bpf_get_smp_processor_id().</summary>
    internal static ulong Cpu(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => (uint)run.Cpu;

    /// <summary>bpf_get_numa_node_id(): always 0.</summary>
    internal static ulong NumaNode(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 0;

    /// <summary>bpf_get_current_pid_tgid(): of this process, whose threads all pass for the first one, unless the request says otherwise.</summary>
    internal static ulong PidTgid(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) =>
        run.PidTgid ?? (((ulong)(uint)Environment.ProcessId << 32) | (uint)Environment.ProcessId);

    /// <summary>bpf_get_current_uid_gid(): always 0, root.</summary>
    internal static ulong UidGid(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 0;

    /// <summary>bpf_get_current_comm(buffer, size): the name, cut and padded with zeros, always terminated.</summary>
    internal static ulong Comm(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        const int TaskNameLength = 15; // TASK_COMM_LEN without the terminator

        if (!run.CanWrite(r1, (uint)r2))
            return 0;
        if ((uint)r2 == 0)
            return Run.Result(Errno.EINVAL);
        var buffer = new Span<byte>((byte*)r1, (int)(uint)r2);
        buffer.Clear();
        string name = run.Comm ?? s_processName;
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(TaskNameLength)];
        int length = Encoding.UTF8.GetBytes(name.AsSpan(0, Math.Min(name.Length, TaskNameLength)), bytes);
        bytes[..Math.Min(Math.Min(length, TaskNameLength), buffer.Length - 1)].CopyTo(buffer);
        return 0;
    }

    /// <summary>bpf_get_current_cgroup_id() and of an ancestor: what the request says, 1 (the root of the hierarchy) if nothing.</summary>
    internal static ulong CgroupId(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.CgroupId;

    /// <summary>bpf_get_current_task() and bpf_get_current_task_btf(): an object that stands for the run's task. Its fields read as 0.</summary>
    internal static ulong Task(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.Task;

    /// <summary>bpf_get_socket_cookie(ctx): the number of the run's socket, 0 where there is none.</summary>
    internal static ulong SocketCookie(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => run.SocketId;

    /// <summary>What has no answer without a kernel, where 0 says so: the cookie of the attachment, the address of the traced function, the
    /// class of the task's cgroup, the route's realm, the cookie of the network namespace.</summary>
    internal static ulong Unknown(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 0;

    /// <summary>bpf_get_socket_uid(ctx): the overflow user, as for a packet without a full socket.</summary>
    internal static ulong SocketUid(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run) => 65534;
}
