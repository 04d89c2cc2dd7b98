// A PROG_ARRAY with programs in its static initialiser, and gaps. With `second` off, slot 3 cannot be filled.
#include "bpf.h"

int first(struct xdp_md *ctx);
int second(struct xdp_md *ctx);

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
    MAP_NUMBER(max_entries, 5);
    MAP_NUMBER(key_size, sizeof(u32));
    MAP_ARRAY_OF(values, int(struct xdp_md *));
} programs SEC(".maps") = {
    .values = {
        [1] = &first,
        [3] = &second,
    },
};

SEC("xdp") int first(struct xdp_md *ctx)
{
    bpf_tail_call(ctx, &programs, 3);
    return 10;
}

SEC("xdp") int second(struct xdp_md *ctx)
{
    return 42;
}

// entry -> first -> second
SEC("xdp") int entry(struct xdp_md *ctx)
{
    bpf_tail_call(ctx, &programs, 1);
    return 1;
}

// An empty slot and one beyond the end leave the caller running.
SEC("xdp") int misses(struct xdp_md *ctx)
{
    bpf_tail_call(ctx, &programs, 2);
    bpf_tail_call(ctx, &programs, 99);
    return 3;
}

LICENSE("GPL");
