// Outer maps that the host fills while programs run: a counter for each "tenant", in an inner map of its own.
#include "bpf.h"

struct counters {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_ARRAY_OF(values, struct counters);
} tenants SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    MAP_NUMBER(max_entries, 2);
    MAP_TYPE_OF(key, u32);
    MAP_ARRAY_OF(values, struct counters);
} generations SEC(".maps") = {};

// The first byte of the packet names the tenant. Returns its count, or -1 for a stranger.
SEC("xdp") int count(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data;

    if (data + 1 > (u8 *)(long)ctx->data_end)
        return -2;
    u32 tenant = data[0], slot = 0;
    void *counters = bpf_map_lookup_elem(&tenants, &tenant);
    if (!counters)
        return -1;
    u64 *value = bpf_map_lookup_elem(counters, &slot);
    return value ? ++*value : -3;
}

// 10 for the map of generation 0, 20 for none.
SEC("xdp") int has_generation(struct xdp_md *ctx)
{
    u32 slot = 0;

    return bpf_map_lookup_elem(&generations, &slot) ? 10 : 20;
}

LICENSE("GPL");
