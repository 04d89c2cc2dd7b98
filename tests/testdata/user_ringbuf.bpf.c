// A user ring buffer: what the host put in is drained, counted and added up.
#include "bpf.h"

struct bpf_dynptr;

BPF_HELPER(201, int, bpf_dynptr_read, void *to, u32 size, const struct bpf_dynptr *from, u32 offset, u64 flags);
BPF_HELPER(209, int, bpf_user_ringbuf_drain, void *map, void *callback, void *callback_ctx, u64 flags);

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_USER_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} commands SEC(".maps");

u64 sum;
u64 count;

static int each(struct bpf_dynptr *record, void *context)
{
    u32 value = 0;

    if (bpf_dynptr_read(&value, sizeof(value), record, 0, 0) == 0) {
        __sync_fetch_and_add(&sum, value);
        __sync_fetch_and_add(&count, 1);
    }
    return 0;
}

// How many records there were, or the negative error.
SEC("xdp") int drain(struct xdp_md *ctx)
{
    return bpf_user_ringbuf_drain(&commands, each, 0, 0);
}

LICENSE("GPL");
