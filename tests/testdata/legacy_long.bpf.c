// Legacy definitions of 36 bytes, of which the last four numbers are beyond what libbpf ever knew: zero in the first map, not in the second.
#include "legacy.h"

struct long_def {
    struct bpf_map_def def;
    u32 rest[4];
};

struct long_def SEC("maps") zero_tail = {
    .def = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 },
};

struct long_def SEC("maps") nonzero_tail = {
    .def = { .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1 },
    .rest = { 0, 0, 1, 0 },
};

SEC("xdp") int uses(struct xdp_md *ctx)
{
    u32 key = 0;

    return bpf_map_lookup_elem(&zero_tail, &key) ? 1 : bpf_map_lookup_elem(&nonzero_tail, &key) ? 2 : 0;
}

LICENSE("GPL");
