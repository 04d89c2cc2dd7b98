// Map definitions from before BTF: structs of numbers in a section named `maps`.
#pragma once

#include "bpf.h"

// What libbpf read until 1.0.
struct bpf_map_def {
    u32 type;
    u32 key_size;
    u32 value_size;
    u32 max_entries;
    u32 map_flags;
};

// What iproute2's loader reads: 'struct bpf_elf_map'.
struct bpf_elf_map {
    u32 type;
    u32 size_key;
    u32 size_value;
    u32 max_elem;
    u32 flags;
    u32 id;
    u32 pinning;
    u32 inner_id;
    u32 inner_idx;
};
