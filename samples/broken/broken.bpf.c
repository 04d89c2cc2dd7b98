// One good program beside three that cannot load, each for a reason of its own. Loading the whole object fails; loading `good` alone, with
// the others' autoload off, works, because a program that is off is neither relocated nor verified.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} runs SEC(".maps");

// Passes every packet, and counts it.
SEC("xdp") int good(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *count = bpf_map_lookup_elem(&runs, &key);

    if (count)
        __sync_fetch_and_add(count, 1);
    return XDP_PASS;
}

// The verifier must refuse this: nothing says that the packet has a first byte.
SEC("xdp") int no_bounds_check(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data;

    return data[0] == 0xff ? XDP_DROP : XDP_PASS;
}

BPF_HELPER(9999, int, no_such_helper, void *ctx);

// There is no helper 9999 on any platform.
SEC("xdp") int calls_unknown_helper(struct xdp_md *ctx)
{
    return no_such_helper(ctx);
}

// The section name says nothing of the program's type.
SEC("nowhere/at_all") int in_unknown_section(void *ctx)
{
    return 0;
}

LICENSE("Dual MIT/GPL");
