// CO-RE against the BTF of the running kernel.
#include "core.h"

struct task_struct {
    int pid;
    int tgid;
    struct task_struct *real_parent;
    char comm[16];
} CORE;

// A view of the same type with a member that never was.
struct task_struct___ours {
    int no_such_member;
} CORE;

BPF_HELPER(35, struct task_struct *, bpf_get_current_task, void);

// 3: the thread and the process are those that the helper says.
SEC("raw_tp") int current(void *ctx)
{
    struct task_struct *task = bpf_get_current_task();
    u64 both = bpf_get_current_pid_tgid();
    int pid = 0, tgid = 0;

    bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid);
    bpf_probe_read_kernel(&tgid, sizeof(tgid), &task->tgid);
    return (pid == (int)both) | (tgid == (int)(both >> 32)) << 1;
}

// 1: the member exists, the other one does not.
SEC("raw_tp") int exists(void *ctx)
{
    struct task_struct *task = NULL;
    struct task_struct___ours *ours = NULL;

    return FIELD_EXISTS(task->comm) && !FIELD_EXISTS(ours->no_such_member) && TYPE_SIZE(struct task_struct) > 1000;
}

LICENSE("GPL");
