// build: no_btf.o --strip-btf
//
// Two programs, and no BTF: the compiler was not asked for it.
#include "bpf.h"

NOINLINE static u32 twice(u32 value)
{
    asm volatile("" : "+r"(value));
    return value * 2;
}

SEC("xdp") int doubled(struct xdp_md *ctx)
{
    return twice(ctx->data_end - ctx->data);
}

SEC("xdp") int plain(struct xdp_md *ctx)
{
    return XDP_PASS;
}

LICENSE("GPL");
