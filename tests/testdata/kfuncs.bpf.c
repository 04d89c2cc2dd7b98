// Calls of kernel functions, which are externs with a BTF prototype: one that is there, one that is missing and weak.
#include "externs.h"

struct bpf_dynptr {
    u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_dynptr_from_xdp(struct xdp_md *ctx, u64 flags, struct bpf_dynptr *dynptr) KSYM;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *dynptr) KSYM;
extern int bpf_no_such_kfunc(int value) KSYM WEAK;

// The length of the packet.
SEC("xdp") int calls(struct xdp_md *ctx)
{
    struct bpf_dynptr packet;

    if (bpf_dynptr_from_xdp(ctx, 0, &packet))
        return -1;
    return bpf_dynptr_size(&packet);
}

// A weak kfunc that is missing has the address 0, and its call is in dead code.
SEC("xdp") int calls_if_there(struct xdp_md *ctx)
{
    if (bpf_no_such_kfunc)
        return bpf_no_such_kfunc(1);
    return 7;
}

// Without a look at the address the verifier meets the call and refuses it.
SEC("?xdp") int calls_anyway(struct xdp_md *ctx)
{
    return bpf_no_such_kfunc(2);
}

LICENSE("GPL");
