// No licence: only helpers that are not for the GPL alone can be called.
#include "bpf.h"

SEC("xdp") int plain(struct xdp_md *ctx)
{
    return bpf_ktime_get_ns() ? XDP_PASS : XDP_DROP;
}

// bpf_trace_printk is for the GPL alone.
SEC("?xdp") int wants_gpl(struct xdp_md *ctx)
{
    bpf_printk("hello");
    return XDP_PASS;
}
