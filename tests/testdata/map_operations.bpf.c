// What each helper of the maps answers, success and errors, for each type of map. Each program returns 0 or the number of its first failing step.
#include "bpf.h"

#define MAP(name, map_type, entries, key_type, value_type) \
    struct {                                               \
        MAP_NUMBER(type, map_type);                        \
        MAP_NUMBER(max_entries, entries);                  \
        MAP_TYPE_OF(key, key_type);                        \
        MAP_TYPE_OF(value, value_type);                    \
    } name SEC(".maps") = {}

struct wide_key {
    u64 a, b;
};

struct wide_value {
    u64 numbers[5];
    u8 odd;
};

MAP(hash, BPF_MAP_TYPE_HASH, 4, u32, u32);
MAP(wide_hash, BPF_MAP_TYPE_HASH, 4, struct wide_key, struct wide_value);
MAP(array, BPF_MAP_TYPE_ARRAY, 4, u32, u64);
MAP(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, 2, u32, u32);
MAP(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, 2, u32, u32);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 64, u32, u32);

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 4);
    MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} hash_on_demand SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_QUEUE);
    MAP_NUMBER(max_entries, 3);
    MAP_TYPE_OF(value, u64);
} queue SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_STACK);
    MAP_NUMBER(max_entries, 3);
    MAP_NUMBER(value_size, 12);
} stack SEC(".maps") = {};

#define STEP(number, succeeded) \
    if (!(succeeded))           \
        return (number);

#define LOOP _Pragma("clang loop unroll(disable)")

INLINE int test_hash(void *map)
{
    u32 key, value = 1;

    LOOP for (u32 i = 0; i < 10; i++) {
        key = i;
        bpf_map_delete_elem(map, &key);
    }
    LOOP for (u32 i = 0; i < 4; i++) {
        key = i, value = i + 10;
        STEP(1, bpf_map_update_elem(map, &key, &value, BPF_NOEXIST) == 0);
    }
    key = 9;
    STEP(2, bpf_map_update_elem(map, &key, &value, BPF_ANY) == -E2BIG);
    STEP(3, bpf_map_update_elem(map, &key, &value, BPF_EXIST) == -ENOENT);
    STEP(4, bpf_map_delete_elem(map, &key) == -ENOENT);
    STEP(5, bpf_map_update_elem(map, &key, &value, 3) == -EINVAL);
    key = 2, value = 99;
    STEP(6, bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0); // replaces, though the map is full
    u32 *found = bpf_map_lookup_elem(map, &key);
    STEP(7, found);
    STEP(8, *found == 99);
    *found = 100; // in place
    found = bpf_map_lookup_elem(map, &key);
    STEP(9, found);
    STEP(10, *found == 100);
    LOOP for (u32 i = 0; i < 4; i++) {
        key = i;
        STEP(11, bpf_map_delete_elem(map, &key) == 0);
        STEP(12, bpf_map_lookup_elem(map, &key) == NULL);
    }
    return 0;
}

SEC("xdp") int hashes(struct xdp_md *ctx)
{
    return test_hash(&hash);
}

SEC("xdp") int hashes_on_demand(struct xdp_md *ctx)
{
    return test_hash(&hash_on_demand);
}

SEC("xdp") int wide_hashes(struct xdp_md *ctx)
{
    struct wide_key key = { 1, 2 };
    struct wide_value value = { { 1, 2, 3, 4, 5 }, 6 };

    STEP(1, bpf_map_update_elem(&wide_hash, &key, &value, BPF_ANY) == 0);
    key.b = 3; // differs in the last eight bytes only
    STEP(2, bpf_map_lookup_elem(&wide_hash, &key) == NULL);
    key.b = 2;
    struct wide_value *found = bpf_map_lookup_elem(&wide_hash, &key);
    STEP(3, found);
    STEP(4, found->numbers[4] == 5 && found->odd == 6);
    STEP(5, bpf_map_delete_elem(&wide_hash, &key) == 0);
    return 0;
}

SEC("xdp") int arrays(struct xdp_md *ctx)
{
    u32 key = 3;
    u64 value = 0x123456789abcdef0;

    STEP(1, bpf_map_update_elem(&array, &key, &value, BPF_ANY) == 0);
    STEP(2, bpf_map_update_elem(&array, &key, &value, BPF_NOEXIST) == -EEXIST);
    STEP(3, bpf_map_update_elem(&array, &key, &value, BPF_EXIST) == 0);
    STEP(4, bpf_map_update_elem(&array, &key, &value, 3) == -EINVAL);
    STEP(5, bpf_map_delete_elem(&array, &key) == -EINVAL);
    u64 *found = bpf_map_lookup_elem(&array, &key);
    STEP(6, found);
    STEP(7, *found == 0x123456789abcdef0);
    *found = 0;
    key = 4;
    STEP(8, bpf_map_lookup_elem(&array, &key) == NULL);
    STEP(9, bpf_map_update_elem(&array, &key, &value, BPF_ANY) == -E2BIG);
    key = -1;
    STEP(10, bpf_map_lookup_elem(&array, &key) == NULL);
    return 0;
}

SEC("xdp") int percpu(struct xdp_md *ctx)
{
    u32 key = 1, value = 5;

    STEP(1, bpf_map_update_elem(&percpu_array, &key, &value, BPF_ANY) == 0);
    u32 *found = bpf_map_lookup_elem(&percpu_array, &key);
    STEP(2, found);
    STEP(3, *found == 5);
    STEP(4, bpf_map_lookup_percpu_elem(&percpu_array, &key, bpf_get_smp_processor_id()) == found);
    STEP(5, bpf_map_lookup_percpu_elem(&percpu_array, &key, 1000000) == NULL);
    *found = 0;

    STEP(6, bpf_map_update_elem(&percpu_hash, &key, &value, BPF_ANY) == 0);
    found = bpf_map_lookup_elem(&percpu_hash, &key);
    STEP(7, found);
    STEP(8, *found == 5);
    STEP(9, bpf_map_delete_elem(&percpu_hash, &key) == 0);
    STEP(10, bpf_map_delete_elem(&percpu_hash, &key) == -ENOENT);
    return 0;
}

// Not on the stack: the verifier would follow each way to count.
u32 present;

SEC("xdp") int lrus(struct xdp_md *ctx)
{
    present = 0;
    LOOP for (u32 i = 0; i < 200; i++) {
        u32 key = i, value = i * 2;
        STEP(1, bpf_map_update_elem(&lru, &key, &value, BPF_ANY) == 0);
        u32 *found = bpf_map_lookup_elem(&lru, &key);
        STEP(2, found);
        STEP(3, *found == i * 2);
    }
    LOOP for (u32 i = 0; i < 200; i++) {
        u32 key = i;
        present += bpf_map_delete_elem(&lru, &key) == 0;
    }
    STEP(4, present >= 1 && present <= 64);
    return 0;
}

SEC("xdp") int queues(struct xdp_md *ctx)
{
    u64 value = 0;

    LOOP for (int i = 0; i < 3; i++)
        bpf_map_pop_elem(&queue, &value);
    value = 5;
    STEP(1, bpf_map_peek_elem(&queue, &value) == -ENOENT);
    STEP(2, value == 0); // what the helper could not fill in, it clears
    LOOP for (u32 i = 1; i <= 3; i++) {
        u64 pushed = i * 100;
        STEP(3, bpf_map_push_elem(&queue, &pushed, 0) == 0);
    }
    value = 400;
    STEP(4, bpf_map_push_elem(&queue, &value, 0) == -E2BIG);
    STEP(5, bpf_map_push_elem(&queue, &value, BPF_NOEXIST) == -EINVAL);
    STEP(6, bpf_map_push_elem(&queue, &value, BPF_EXIST) == 0);
    LOOP for (u32 i = 2; i <= 4; i++) {
        STEP(7, bpf_map_pop_elem(&queue, &value) == 0);
        STEP(8, value == i * 100);
    }
    STEP(9, bpf_map_pop_elem(&queue, &value) == -ENOENT);
    return 0;
}

SEC("xdp") int stacks(struct xdp_md *ctx)
{
    u32 value[3] = {};

    LOOP for (int i = 0; i < 3; i++)
        bpf_map_pop_elem(&stack, value);
    LOOP for (u32 i = 1; i <= 3; i++) {
        u32 pushed[3] = { i, i * 10, i * 100 };
        STEP(1, bpf_map_push_elem(&stack, pushed, 0) == 0);
    }
    STEP(2, bpf_map_push_elem(&stack, value, 0) == -E2BIG);
    STEP(3, bpf_map_peek_elem(&stack, value) == 0);
    STEP(4, value[0] == 3 && value[2] == 300);
    LOOP for (u32 i = 3; i >= 1; i--) {
        STEP(5, bpf_map_pop_elem(&stack, value) == 0);
        STEP(6, value[1] == i * 10);
    }
    STEP(7, bpf_map_pop_elem(&stack, value) == -ENOENT);
    return 0;
}

LICENSE("GPL");
