// Every program is off: the object still loads, its maps are created, and the verifier is never asked.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} values SEC(".maps");

u64 runs = 1;

SEC("?xdp") int reads(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *value = bpf_map_lookup_elem(&values, &key);

    runs++;
    return value ? *value : 0;
}

// Would be refused: reads the packet without a look at its end.
SEC("?xdp") int refused(struct xdp_md *ctx)
{
    return *(u8 *)(long)ctx->data;
}

SEC("?nowhere") int untyped(void *ctx)
{
    return 0;
}

LICENSE("GPL");
