// One object with three programs, and each smaller object that has only some of them: choosing programs must cost what compiling only them costs.
//
// build: subset.o -DA -DB -DC
// build: subset_a.o -DA
// build: subset_b.o -DB
// build: subset_c.o -DC
// build: subset_ab.o -DA -DB
// build: subset_ac.o -DA -DC
// build: subset_bc.o -DB -DC
#include "bpf.h"

#define COUNTERS(name, kind, entries)      \
    struct {                               \
        MAP_NUMBER(type, kind);            \
        MAP_TYPE_OF(key, u32);             \
        MAP_TYPE_OF(value, u64);           \
        MAP_NUMBER(max_entries, entries);  \
    } name SEC(".maps")

#if defined(A) || defined(B)
COUNTERS(shared, BPF_MAP_TYPE_HASH, 16);

static NOINLINE u64 mix(u64 value, u32 with)
{
    value ^= with;
    return value & 1 ? value * 3 : value >> 1;
}
#endif

#ifdef A
COUNTERS(of_a, BPF_MAP_TYPE_ARRAY, 4);

SEC("xdp") int a(struct xdp_md *ctx)
{
    u32 key = 1;
    u64 *mine = bpf_map_lookup_elem(&of_a, &key), *ours = bpf_map_lookup_elem(&shared, &key);
    if (mine)
        *mine = mix(*mine, ctx->ingress_ifindex);
    return ours ? 1 : 2;
}
#endif

#ifdef B
COUNTERS(of_b, BPF_MAP_TYPE_LRU_HASH, 32);

SEC("xdp") int b(struct xdp_md *ctx)
{
    u32 key = ctx->rx_queue_index;
    u64 value = mix(key, ctx->ingress_ifindex);
    bpf_map_update_elem(&of_b, &key, &value, BPF_ANY);
    bpf_map_update_elem(&shared, &key, &value, BPF_NOEXIST);
    return value & 1;
}
#endif

#ifdef C
COUNTERS(of_c, BPF_MAP_TYPE_PERCPU_ARRAY, 8);

SEC("socket") int c(void *ctx)
{
    u64 sum = 0;
    for (u32 i = 0; i < 8; i++) {
        u32 key = i;
        u64 *value = bpf_map_lookup_elem(&of_c, &key);
        if (value)
            sum += ++*value;
    }
    return sum;
}
#endif

LICENSE("GPL");
