// A caller and a callee in one section: either can be loaded without the other. The host puts `callee` into slot 9 of `programs`.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
    MAP_NUMBER(max_entries, 10);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} programs SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} canary SEC(".maps");

INLINE void leave_a_mark(u32 mark)
{
    u32 key = 0;
    bpf_map_update_elem(&canary, &key, &mark, BPF_ANY);
}

// Returns 6 where nothing is in the slot.
SEC("xdp") int caller(struct xdp_md *ctx)
{
    bpf_tail_call(ctx, &programs, 9);
    leave_a_mark(1);
    return 6;
}

// Returns 42 for a packet of 64 bytes, 7 for others.
SEC("xdp") int callee(struct xdp_md *ctx)
{
    leave_a_mark(2);
    return ctx->data_end - ctx->data == 64 ? 42 : 7;
}

LICENSE("GPL");
