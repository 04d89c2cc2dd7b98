// Functions in .text and no other program section: they are subprograms of nobody.
#include "bpf.h"

int lonely(struct xdp_md *ctx)
{
    return XDP_PASS;
}

LICENSE("GPL");
