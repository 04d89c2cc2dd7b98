// build: rela.o --rela
//
// The relocations have explicit addends (SHT_RELA), as other compilers than clang write them; all are zero.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} counts SEC(".maps") = {};

u64 runs;

// How often it ran, twice.
SEC("xdp") int count(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *value = bpf_map_lookup_elem(&counts, &key);

    runs++;
    return value ? ++*value + runs : 0;
}

LICENSE("GPL");
