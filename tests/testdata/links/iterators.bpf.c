// Iterators: what they write is read from their link.
#include "contexts.h"
#include "core.h"

LICENSE("GPL");

BPF_HELPER(126, int, bpf_seq_printf, void *seq, const char *format, u32 format_size, const void *data, u32 data_size);
BPF_HELPER(127, int, bpf_seq_write, void *seq, const void *data, u32 size);

struct seq_file;
struct task_struct {
    int pid;
    int tgid;
} CORE;

struct bpf_iter_meta {
    struct seq_file *seq;
    u64 session_id;
    u64 seq_num;
} CORE;

struct bpf_iter__task {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
} CORE;

struct bpf_iter__bpf_map_elem {
    struct bpf_iter_meta *meta;
    void *map;
    void *key;
    void *value;
} CORE;

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
    MAP_NUMBER(max_entries, 8);
} numbers SEC(".maps");

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
    struct task_struct *task = ctx->task;
    static const char format[] = "%d\n";
    if (!task)
        return 0;
    u64 pid = task->tgid;
    bpf_seq_printf(ctx->meta->seq, format, sizeof(format), &pid, sizeof(pid));
    return 0;
}

SEC("iter/bpf_map_elem")
int each_number(struct bpf_iter__bpf_map_elem *ctx)
{
    u64 *value = ctx->value;
    if (value)
        bpf_seq_write(ctx->meta->seq, value, sizeof(*value));
    return 0;
}
