// Static functions in a program section: one that looks like a program, and one that programs of the section call, without a relocation.
// libbpf refuses the whole object, even with `?` before the section's name.
#include "bpf.h"

SEC("xdp") static int is_static(struct xdp_md *ctx)
{
    return 1;
}

NOINLINE SEC("xdp") static u32 add_one(u32 value)
{
    asm volatile("" : "+r"(value));
    return value + 1;
}

SEC("xdp") int calls_static(struct xdp_md *ctx)
{
    return add_one(ctx->data_end - ctx->data);
}

SEC("xdp") int is_global(struct xdp_md *ctx)
{
    return 2;
}

LICENSE("GPL");
