// A function without a single instruction: clang makes it of what cannot be reached. libbpf refuses the object at open.
#include "bpf.h"

SEC("xdp") int empty(struct xdp_md *ctx)
{
    __builtin_unreachable();
}

SEC("xdp") int whole(struct xdp_md *ctx)
{
    return XDP_PASS;
}

LICENSE("GPL");
