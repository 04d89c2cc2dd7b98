// What operations on maps cost: each program does 512 of them with random keys; `loop` does everything else of it.
//
// The same object is loaded here and in the kernel. The host sets `mask` (keys are below or equal), and resizes and fills the maps.
#include "bpf.h"

#define OPERATIONS 512

volatile const u32 mask = 1023;

u32 seed = 2463534242;
u64 sink;

#define MAP(name, kind, k, v, n) \
    struct { \
        MAP_NUMBER(type, kind); \
        MAP_NUMBER(max_entries, n); \
        MAP_TYPE_OF(key, k); \
        MAP_TYPE_OF(value, v); \
    } name SEC(".maps")

MAP(array, BPF_MAP_TYPE_ARRAY, u32, u64, 1024);
MAP(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, u32, u64, 1024);
MAP(hash, BPF_MAP_TYPE_HASH, u32, u64, 2048);
MAP(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, u32, u64, 2048);
MAP(lru_hash, BPF_MAP_TYPE_LRU_HASH, u32, u64, 2048);

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_LPM_TRIE);
    MAP_NUMBER(max_entries, 8192);
    MAP_NUMBER(map_flags, 1);
    MAP_TYPE_OF(key, u64);
    MAP_TYPE_OF(value, u64);
} trie SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_QUEUE);
    MAP_NUMBER(max_entries, 1024);
    MAP_TYPE_OF(value, u64);
} queue SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 1 << 20);
} ring SEC(".maps");

struct inner {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1024);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} inner SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_ARRAY_OF(values, struct inner);
} outer SEC(".maps") = { .values = { [3] = &inner } };

#define BENCH(name, ...) \
    SEC("xdp") int name(struct xdp_md *context) \
    { \
        u32 x = seed; \
        u64 sum = 0; \
        _Pragma("clang loop unroll(disable)") \
        for (int i = 0; i < OPERATIONS; i++) { \
            x = x * 1664525 + 1013904223; \
            u32 key __attribute__((unused)) = (x >> 8) & mask; \
            __VA_ARGS__ \
        } \
        seed = x; \
        sink += sum; \
        return XDP_PASS; \
    }

#define LOOK_UP(map) u64 *value = bpf_map_lookup_elem(&map, &key); if (value) sum += *value;
#define UPDATE(map) u64 value = x; sum += bpf_map_update_elem(&map, &key, &value, 0);

BENCH(loop, sum += key;)
// The same, with the key where a helper would read it.
BENCH(loop_key, volatile u32 place = key; sum += place;)
BENCH(array_lookup, LOOK_UP(array))
BENCH(array_update, UPDATE(array))
BENCH(percpu_array_lookup, LOOK_UP(percpu_array))
BENCH(percpu_array_update, UPDATE(percpu_array))
BENCH(hash_hit, LOOK_UP(hash))
BENCH(hash_miss, key |= 1u << 30; LOOK_UP(hash))
BENCH(hash_update, UPDATE(hash))
BENCH(hash_insert_delete, key |= 1u << 30; UPDATE(hash) sum += bpf_map_delete_elem(&hash, &key);)
BENCH(percpu_hash_hit, LOOK_UP(percpu_hash))
BENCH(percpu_hash_update, UPDATE(percpu_hash))
BENCH(lru_hit, LOOK_UP(lru_hash))
BENCH(lru_update, UPDATE(lru_hash))
BENCH(lru_evict, key = x; UPDATE(lru_hash))
BENCH(lpm_lookup, u64 prefix = 32 | (u64)(10 | (x & 0xfff0f) << 8) << 32; u64 *value = bpf_map_lookup_elem(&trie, &prefix); if (value) sum += *value;)
BENCH(queue_push_pop, u64 value = x; sum += bpf_map_push_elem(&queue, &value, 0); sum += bpf_map_pop_elem(&queue, &value);)
BENCH(ringbuf_reserve_submit, u64 *record = bpf_ringbuf_reserve(&ring, 64, 0); if (record) { *record = x; bpf_ringbuf_submit(record, 1); })
BENCH(map_in_map_lookup, u32 which = 3; void *found = bpf_map_lookup_elem(&outer, &which); if (found) { u64 *value = bpf_map_lookup_elem(found, &key); if (value) sum += *value; })
BENCH(global_increment, sink++;)

LICENSE("Dual MIT/GPL");
