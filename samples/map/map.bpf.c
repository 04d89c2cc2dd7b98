// Three independent programs over eight maps, one of each basic type. Each of the programs returns 0, or the number of the first step
// that did not go as the kernel promises, and leaves the maps as it found them: it can be run any number of times.
//
//   test_LRU_map       the two LRU maps, filled beyond their capacity
//   test_PUSH_POP_map  the queue and the stack, from empty to beyond full and back
//   test_maps          all eight: what every map can do, then what the two programs above test
#include "bpf.h"

#define CAPACITY 10

// The empty initialisers keep the maps in this order: without one, clang emits a map where it is first used.
#define MAP(name, map_type)                \
    struct {                               \
        MAP_NUMBER(type, map_type);        \
        MAP_NUMBER(max_entries, CAPACITY); \
        MAP_TYPE_OF(key, u32);             \
        MAP_TYPE_OF(value, u32);           \
    } name SEC(".maps") = {}

#define KEYLESS_MAP(name, map_type)        \
    struct {                               \
        MAP_NUMBER(type, map_type);        \
        MAP_NUMBER(max_entries, CAPACITY); \
        MAP_TYPE_OF(value, u32);           \
    } name SEC(".maps") = {}

MAP(HASH_map, BPF_MAP_TYPE_HASH);
MAP(PERCPU_HASH_map, BPF_MAP_TYPE_PERCPU_HASH);
MAP(ARRAY_map, BPF_MAP_TYPE_ARRAY);
MAP(PERCPU_ARRAY_map, BPF_MAP_TYPE_PERCPU_ARRAY);
MAP(LRU_HASH_map, BPF_MAP_TYPE_LRU_HASH);
MAP(LRU_PERCPU_HASH_map, BPF_MAP_TYPE_LRU_PERCPU_HASH);
KEYLESS_MAP(QUEUE_map, BPF_MAP_TYPE_QUEUE);
KEYLESS_MAP(STACK_map, BPF_MAP_TYPE_STACK);

// Loops stay loops: unrolled, they would triple the size of the programs.
#define LOOP _Pragma("clang loop unroll(disable)")

// Leaves the surrounding function with the number of the step, unless the step did what it should.
#define STEP(number, succeeded) \
    if (!(succeeded))           \
        return (number);

// What all maps with keys have in common. Steps 1 to 3.
INLINE int test_insert(void *map)
{
    u32 key = 0, value = 1;
    u32 *found;

    STEP(1, bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0);
    found = bpf_map_lookup_elem(map, &key);
    STEP(2, found);
    STEP(3, *found == 1);
    return 0;
}

// Keys that come and go. Steps 1 to 12.
INLINE int test_hash(void *map)
{
    u32 key = 0, value = 2;
    u32 *found;

    bpf_map_delete_elem(map, &key);
    STEP(4, bpf_map_lookup_elem(map, &key) == NULL);
    STEP(5, bpf_map_update_elem(map, &key, &value, BPF_EXIST) == -ENOENT);

    int failed = test_insert(map);
    if (failed)
        return failed;

    STEP(6, bpf_map_update_elem(map, &key, &value, BPF_NOEXIST) == -EEXIST);
    STEP(7, bpf_map_update_elem(map, &key, &value, BPF_EXIST) == 0);
    found = bpf_map_lookup_elem(map, &key);
    STEP(8, found);
    STEP(9, *found == 2);
    STEP(10, bpf_map_delete_elem(map, &key) == 0);
    STEP(11, bpf_map_lookup_elem(map, &key) == NULL);
    STEP(12, bpf_map_delete_elem(map, &key) == -ENOENT);
    return 0;
}

// Keys that are always there. Steps 1 to 3 and 13 to 17.
INLINE int test_array(void *map)
{
    u32 key = 0, zero = 0, beyond = CAPACITY;

    int failed = test_insert(map);
    if (failed)
        return failed;

    STEP(13, bpf_map_update_elem(map, &key, &zero, BPF_NOEXIST) == -EEXIST);
    STEP(14, bpf_map_delete_elem(map, &key) == -EINVAL);
    STEP(15, bpf_map_lookup_elem(map, &beyond) == NULL);
    STEP(16, bpf_map_update_elem(map, &beyond, &zero, BPF_ANY) == -E2BIG);
    STEP(17, bpf_map_update_elem(map, &key, &zero, BPF_EXIST) == 0);
    return 0;
}

// One key more than the capacity. Which old entry goes, and how many, is the map's own affair (the kernel evicts in batches): promised is
// only that there is room for the newest, and that the map never holds more than its capacity. Steps 1 to 4.
INLINE int test_eviction(void *map)
{
    u32 missing = 0;

    LOOP for (u32 i = 0; i <= CAPACITY; i++) {
        // The helper takes an address, and what it may have written is unknown afterwards: the loop counts in a variable of its own.
        u32 key = i, value = i + 100;
        u32 *found;

        STEP(1, bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0);
        found = bpf_map_lookup_elem(map, &key);
        STEP(2, found);
        STEP(3, *found == i + 100);
    }

    LOOP for (u32 i = 0; i <= CAPACITY; i++) {
        u32 key = i;
        // The sign of the result, and no branch: else the verifier would have to follow each way to count.
        missing += (u32)bpf_map_delete_elem(map, &key) >> 31;
    }
    STEP(4, missing >= 1 && missing <= CAPACITY);
    return 0;
}

// Fills a queue or stack, forces one more value in, and empties it. Steps 1 to 15.
INLINE int test_push_pop(void *map, int is_stack)
{
    u32 value = 0;

    LOOP for (u32 i = 0; i < CAPACITY; i++) // what a run that failed has left
        bpf_map_pop_elem(map, &value);

    value = 7;
    STEP(1, bpf_map_peek_elem(map, &value) == -ENOENT);
    STEP(2, value == 0);
    value = 7;
    STEP(3, bpf_map_pop_elem(map, &value) == -ENOENT);
    STEP(4, value == 0);

    LOOP for (u32 i = 0; i < CAPACITY; i++) {
        u32 pushed = i;
        STEP(5, bpf_map_push_elem(map, &pushed, BPF_ANY) == 0);
    }

    value = CAPACITY;
    STEP(6, bpf_map_push_elem(map, &value, BPF_ANY) == -E2BIG);
    STEP(7, bpf_map_push_elem(map, &value, BPF_NOEXIST) == -EINVAL);
    STEP(8, bpf_map_push_elem(map, &value, BPF_EXIST) == 0); // drops the oldest, 0

    STEP(9, bpf_map_peek_elem(map, &value) == 0);
    STEP(10, value == (is_stack ? CAPACITY : 1));

    LOOP for (u32 i = 0; i < CAPACITY; i++) {
        u32 popped = 0;
        STEP(11, bpf_map_pop_elem(map, &popped) == 0);
        STEP(12, popped == (is_stack ? CAPACITY - i : i + 1));
    }

    STEP(13, bpf_map_peek_elem(map, &value) == -ENOENT);
    STEP(14, bpf_map_pop_elem(map, &value) == -ENOENT);
    STEP(15, value == 0);
    return 0;
}

// The steps of each map have numbers of their own, so that one number says which map and which step.
#define RUN(base, test)            \
    {                              \
        int failed = (test);       \
        if (failed)                \
            return (base) + failed; \
    }

SEC("xdp") int test_LRU_map(struct xdp_md *ctx)
{
    RUN(0, test_eviction(&LRU_HASH_map));
    RUN(20, test_eviction(&LRU_PERCPU_HASH_map));
    return 0;
}

SEC("xdp") int test_PUSH_POP_map(struct xdp_md *ctx)
{
    RUN(0, test_push_pop(&QUEUE_map, 0));
    RUN(20, test_push_pop(&STACK_map, 1));
    return 0;
}

SEC("xdp") int test_maps(struct xdp_md *ctx)
{
    RUN(0, test_hash(&HASH_map));
    RUN(20, test_hash(&PERCPU_HASH_map));
    RUN(40, test_array(&ARRAY_map));
    RUN(60, test_array(&PERCPU_ARRAY_map));
    RUN(80, test_hash(&LRU_HASH_map));
    RUN(100, test_hash(&LRU_PERCPU_HASH_map));
    RUN(120, test_eviction(&LRU_HASH_map));
    RUN(140, test_eviction(&LRU_PERCPU_HASH_map));
    RUN(160, test_push_pop(&QUEUE_map, 0));
    RUN(180, test_push_pop(&STACK_map, 1));
    return 0;
}

LICENSE("Dual MIT/GPL");
