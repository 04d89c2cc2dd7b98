// Maps and no program at all.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 16);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} one SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 16);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} two SEC(".maps") = {};
