// One program for each way to attach to what happens in a machine. Each counts its runs in a slot of `hits`, and keeps its cookie.
#include "contexts.h"

LICENSE("GPL");

BPF_HELPER(174, u64, bpf_get_attach_cookie, void *ctx);

enum slot {
    KPROBE, KRETPROBE, KSYSCALL, KRETSYSCALL, TRACEPOINT, RAW_TRACEPOINT, TP_BTF, FENTRY, FEXIT, FMOD_RET, LSM, KPROBE_MULTI, KRETPROBE_MULTI,
    UPROBE, URETPROBE, UPROBE_MULTI, PERF_EVENT, FREPLACE, SLOTS = 32,
};

struct hit {
    u64 count;
    u64 cookie;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct hit);
    MAP_NUMBER(max_entries, SLOTS);
} hits SEC(".maps");

// The thread group whose getpgid is refused by the LSM and fmod_ret programs.
u32 refused = 0;

INLINE void hit(u32 slot, u64 cookie)
{
    struct hit *found = bpf_map_lookup_elem(&hits, &slot);
    if (found) {
        __sync_fetch_and_add(&found->count, 1);
        found->cookie = cookie;
    }
}

SEC("kprobe/__x64_sys_getpgid")
int on_kprobe(struct pt_regs *ctx)
{
    hit(KPROBE, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("kretprobe/__x64_sys_getpgid")
int on_kretprobe(struct pt_regs *ctx)
{
    hit(KRETPROBE, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("ksyscall/getpgid")
int on_ksyscall(struct pt_regs *ctx)
{
    hit(KSYSCALL, 0);
    return 0;
}

SEC("kretsyscall/getpgid")
int on_kretsyscall(struct pt_regs *ctx)
{
    hit(KRETSYSCALL, 0);
    return 0;
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_tracepoint(void *ctx)
{
    hit(TRACEPOINT, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tracepoint(struct bpf_raw_tracepoint_args *ctx)
{
    hit(RAW_TRACEPOINT, 0);
    return 0;
}

SEC("tp_btf/sys_enter")
int on_tp_btf(u64 *ctx)
{
    hit(TP_BTF, 0);
    return 0;
}

SEC("fentry/security_task_getpgid")
int on_fentry(u64 *ctx)
{
    hit(FENTRY, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("fexit/security_task_getpgid")
int on_fexit(u64 *ctx)
{
    hit(FEXIT, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("fmod_ret/security_task_getpgid")
int on_fmod_ret(u64 *ctx)
{
    hit(FMOD_RET, 0);
    return refused && bpf_get_current_pid_tgid() >> 32 == refused ? -11 : 0;
}

SEC("lsm/task_getpgid")
int on_lsm(u64 *ctx)
{
    hit(LSM, 0);
    return refused && bpf_get_current_pid_tgid() >> 32 == refused ? -1 : 0;
}

SEC("kprobe.multi/__x64_sys_get*id")
int on_kprobe_multi(struct pt_regs *ctx)
{
    hit(KPROBE_MULTI, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("kretprobe.multi/__x64_sys_getpgid")
int on_kretprobe_multi(struct pt_regs *ctx)
{
    hit(KRETPROBE_MULTI, bpf_get_attach_cookie(ctx));
    return 0;
}

// Entry, and as it answers 0 there, return.
SEC("kprobe.session/__x64_sys_getpgid")
int on_kprobe_session(struct pt_regs *ctx)
{
    hit(KPROBE_MULTI, 0);
    return 0;
}

SEC("lsm_cgroup/socket_create")
int on_socket_create(u64 *ctx)
{
    hit(LSM, 0);
    return 0;
}

SEC("uprobe//target:probed_add")
int on_uprobe(struct pt_regs *ctx)
{
    hit(UPROBE, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("uretprobe//target:probed_add")
int on_uretprobe(struct pt_regs *ctx)
{
    hit(URETPROBE, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("uprobe.multi//target:probed_*")
int on_uprobe_multi(struct pt_regs *ctx)
{
    hit(UPROBE_MULTI, bpf_get_attach_cookie(ctx));
    return 0;
}

SEC("perf_event")
int on_perf_event(void *ctx)
{
    hit(PERF_EVENT, bpf_get_attach_cookie(ctx));
    return 0;
}
