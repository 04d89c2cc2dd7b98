// A program that calls another one of its own section, through a relocation: libbpf refuses it at open, as calls may only go to .text.
#include "bpf.h"

NOINLINE SEC("xdp") int callee(struct xdp_md *ctx)
{
    asm volatile("" : : : "memory");
    return 1;
}

SEC("xdp") int caller(struct xdp_md *ctx)
{
    return callee(ctx) + 1;
}

LICENSE("GPL");
