// Chains of tail calls: counted to the limit of 33, over subprograms, with a fresh stack and the same context.
#include "bpf.h"

int itself(struct xdp_md *ctx);
int last(struct xdp_md *ctx);

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
    MAP_NUMBER(max_entries, 4);
    MAP_NUMBER(key_size, sizeof(u32));
    MAP_ARRAY_OF(values, int(struct xdp_md *));
} chain SEC(".maps") = {
    .values = { [0] = &itself, [1] = &last },
};

u32 calls;

// Calls itself until the kernel has had enough: 34 runs, of which the first was no tail call.
SEC("xdp") int itself(struct xdp_md *ctx)
{
    calls++;
    bpf_tail_call(ctx, &chain, 0);

    u32 result = calls;
    calls = 0;
    return result;
}

// The context arrives unchanged: the packet's length.
SEC("xdp") int last(struct xdp_md *ctx)
{
    return ctx->data_end - ctx->data;
}

SEC("xdp") int to_last(struct xdp_md *ctx)
{
    u64 stack[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    asm volatile("" : : "r"(stack) : "memory");
    bpf_tail_call(ctx, &chain, 1);
    return -1;
}

// The index is not known before the program runs.
SEC("xdp") int by_packet(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data;

    if (data + 1 > (u8 *)(long)ctx->data_end)
        return -1;
    bpf_tail_call(ctx, &chain, data[0]);
    return 1000 + data[0];
}

// A tail call in a subprogram replaces the subprogram: its caller goes on with what the callee returned.
NOINLINE static int from_below(struct xdp_md *ctx)
{
    bpf_tail_call(ctx, &chain, 1);
    return 5;
}

// length + 1
SEC("xdp") int in_subprogram(struct xdp_md *ctx)
{
    return from_below(ctx) + 1;
}

LICENSE("GPL");
