// Maps in the section `maps`, as before BTF. libbpf refuses them since 1.0.
#include "legacy.h"

struct bpf_map_def SEC("maps") counts = {
    .type = BPF_MAP_TYPE_ARRAY,
    .key_size = sizeof(u32),
    .value_size = sizeof(u64),
    .max_entries = 4,
};

struct bpf_map_def SEC("maps") seen = {
    .type = BPF_MAP_TYPE_HASH,
    .key_size = sizeof(u64),
    .value_size = sizeof(u32),
    .max_entries = 100,
    .map_flags = BPF_F_NO_PREALLOC,
};

// Counts itself in slot 2, and returns the count.
SEC("xdp") int count(struct xdp_md *ctx)
{
    u32 key = 2;
    u64 *value = bpf_map_lookup_elem(&counts, &key);

    return value ? ++*value : 0;
}

SEC("xdp") int remember(struct xdp_md *ctx)
{
    u64 key = 1;
    u32 value = 2;

    bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
    u32 *found = bpf_map_lookup_elem(&seen, &key);
    return found ? *found : 0;
}

LICENSE("GPL");
