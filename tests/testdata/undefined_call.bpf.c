// build: undefined_call.o --strip-btf
//
// A call to a function that nobody defines, without the BTF that would make it a kfunc.
#include "bpf.h"

extern int nobody_defines_this(int value);

SEC("xdp") int calls(struct xdp_md *ctx)
{
    return nobody_defines_this(1);
}

SEC("xdp") int does_not(struct xdp_md *ctx)
{
    return XDP_PASS;
}

LICENSE("GPL");
