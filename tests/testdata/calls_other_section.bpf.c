// A call to a function that is neither in .text nor in the caller's section. libbpf refuses it at open: a relocation that it does not know.
#include "bpf.h"

NOINLINE SEC("xdp/devmap") int callee(struct xdp_md *ctx)
{
    asm volatile("" : : : "memory");
    return 1;
}

SEC("xdp") int caller(struct xdp_md *ctx)
{
    return callee(ctx) + 1;
}

LICENSE("GPL");
