// Programs that start on and off: a `?` before a section's name turns off every program of that section.
#include "contexts.h"

SEC("xdp") int on(struct xdp_md *ctx)
{
    return 1;
}

SEC("?xdp") int off(struct xdp_md *ctx)
{
    return 2;
}

SEC("?xdp") int off_too(struct xdp_md *ctx)
{
    return 3;
}

SEC("?tc") int off_tc(struct __sk_buff *ctx)
{
    return 4;
}

SEC("tc") int on_tc(struct __sk_buff *ctx)
{
    return 5;
}

LICENSE("GPL");
