// Function addresses: callbacks that are given to bpf_loop and bpf_for_each_map_elem.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} squares SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 16);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} cubes SEC(".maps");

struct sum {
    u64 total;
    u32 count;
    u32 stop_at;
};

static int add_index(u32 index, void *data)
{
    struct sum *sum = data;

    sum->total += index;
    sum->count++;
    return sum->count == sum->stop_at; // 1 ends the loop
}

static int store_square(u32 index, void *data)
{
    u32 key = index;
    u64 value = (u64)index * index;

    bpf_map_update_elem(&squares, &key, &value, BPF_ANY);
    return 0;
}

static int add_value(void *map, const u32 *key, u64 *value, void *data)
{
    struct sum *sum = data;

    sum->total += *value + *key;
    sum->count++;
    return 0;
}

static int remove(void *map, const u32 *key, u64 *value, void *data)
{
    return bpf_map_delete_elem(&cubes, key) != 0;
}

// 0 + 1 + … + 99 = 4950
SEC("xdp") int loop(struct xdp_md *ctx)
{
    struct sum sum = {};

    if (bpf_loop(100, add_index, &sum, 0) != 100)
        return -1;
    return sum.total;
}

// Stops after 10 turns: 45 + 10
SEC("xdp") int loop_stops(struct xdp_md *ctx)
{
    struct sum sum = { .stop_at = 10 };
    int turns = bpf_loop(100, add_index, &sum, 0);

    return sum.total + turns;
}

// 0 + 1 + 4 + … + 49, and the keys: 140 + 28
SEC("xdp") int for_each_array(struct xdp_md *ctx)
{
    struct sum sum = {};

    bpf_loop(8, store_square, NULL, 0);
    if (bpf_for_each_map_elem(&squares, add_value, &sum, 0) != 8)
        return -1;
    return sum.total;
}

// Fills a hash with 1, 8, 27, 64, adds it up (100 + keys 10), and empties it from the callback.
SEC("xdp") int for_each_hash(struct xdp_md *ctx)
{
    struct sum sum = {};

    for (u32 i = 1; i <= 4; i++) {
        u32 key = i;
        u64 value = (u64)i * i * i;
        bpf_map_update_elem(&cubes, &key, &value, BPF_ANY);
    }
    if (bpf_for_each_map_elem(&cubes, add_value, &sum, 0) != 4)
        return -1;
    bpf_for_each_map_elem(&cubes, remove, NULL, 0);
    if (bpf_for_each_map_elem(&cubes, add_value, &sum, 0) != 0)
        return -2;
    return sum.total;
}

LICENSE("GPL");
