// A map that is pinned by its name, one that is not.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_NUMBER(pinning, 1); // LIBBPF_PIN_BY_NAME
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} pinned SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} unpinned SEC(".maps") = {};

// Counts in both.
SEC("xdp") int counts(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *a = bpf_map_lookup_elem(&pinned, &key);
    u64 *b = bpf_map_lookup_elem(&unpinned, &key);

    if (!a || !b)
        return 0;
    *a += 1;
    *b += 1;
    return *a;
}

LICENSE("GPL");
