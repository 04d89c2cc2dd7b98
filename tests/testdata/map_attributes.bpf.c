// Every attribute that a map in .maps can have, once.
#include "bpf.h"

struct key {
    u32 id;
    u16 port;
    u8 kind, pad;
};

struct value {
    u64 packets, bytes;
    char name[16];
};

// Types.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 100);
    MAP_TYPE_OF(key, struct key);
    MAP_TYPE_OF(value, struct value);
} by_types SEC(".maps") = {};

// Sizes instead of types: such a map has no BTF of its own.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 100);
    MAP_NUMBER(key_size, sizeof(struct key));
    MAP_NUMBER(value_size, sizeof(struct value));
} by_sizes SEC(".maps") = {};

// A type and its size may both be there, if they agree.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 100);
    MAP_TYPE_OF(key, struct key);
    MAP_NUMBER(key_size, sizeof(struct key));
    MAP_NUMBER(value_size, sizeof(struct value));
    MAP_TYPE_OF(value, struct value);
} by_both SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 1000);
    MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} flags SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 4);
    MAP_NUMBER(map_flags, BPF_F_NUMA_NODE);
    MAP_NUMBER(numa_node, 0);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} numa SEC(".maps") = {};

// map_extra of a Bloom filter is the number of its hashes.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_BLOOM_FILTER);
    MAP_NUMBER(max_entries, 1000);
    MAP_TYPE_OF(value, u32);
    MAP_NUMBER(map_extra, 5);
} extra SEC(".maps") = {};

// No key and no value.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} ring SEC(".maps") = {};

// No max_entries: the host, or the number of processors, decides.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    MAP_TYPE_OF(key, int);
    MAP_TYPE_OF(value, int);
} events SEC(".maps") = {};

// LIBBPF_PIN_NONE
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_NUMBER(pinning, 0);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} not_pinned SEC(".maps") = {};

// Tries cannot be preallocated.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
    MAP_NUMBER(max_entries, 16);
    MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
    MAP_NUMBER(key_size, 8);
    MAP_NUMBER(value_size, 4);
} trie SEC(".maps") = {};

SEC("xdp") int uses_types(struct xdp_md *ctx)
{
    struct key key = { .id = 1, .port = 2 };
    struct value *value = bpf_map_lookup_elem(&by_types, &key);

    return value ? value->packets : 1;
}

SEC("xdp") int uses_sizes(struct xdp_md *ctx)
{
    struct key key = { .id = 1, .port = 2 };
    struct value *value = bpf_map_lookup_elem(&by_sizes, &key);

    return value ? value->packets : 2;
}

LICENSE("GPL");
