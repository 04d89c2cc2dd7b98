// A context of which only some fields are declared, in another order than the kernel's: CO-RE finds where they are.
#include "bpf.h"

struct xdp_md___some {
    u32 ingress_ifindex;
    u32 data_end;
    u32 data;
} __attribute__((preserve_access_index));

// The length of the packet.
SEC("xdp") int length(struct xdp_md___some *ctx)
{
    return ctx->data_end - ctx->data;
}

SEC("xdp") int first_byte(struct xdp_md___some *ctx)
{
    u8 *data = (u8 *)(u64)ctx->data, *end = (u8 *)(u64)ctx->data_end;
    return data + 1 > end ? -1 : *data;
}

LICENSE("GPL");
