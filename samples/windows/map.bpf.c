// The map sample in eBPF for Windows' dialect: the same three programs over the same eight maps, with that system's map types, helpers and results.
// Empty queues answer -7 (EBPF_OBJECT_NOT_FOUND), full ones -29 (EBPF_OUT_OF_SPACE), and an array's element may be deleted.
#include "windows.h"

WINDOWS_OBJECT;

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

MAP(HASH_map, WINDOWS_MAP_HASH);
MAP(PERCPU_HASH_map, WINDOWS_MAP_PERCPU_HASH);
MAP(ARRAY_map, WINDOWS_MAP_ARRAY);
MAP(PERCPU_ARRAY_map, WINDOWS_MAP_PERCPU_ARRAY);
MAP(LRU_HASH_map, WINDOWS_MAP_LRU_HASH);
MAP(LRU_PERCPU_HASH_map, WINDOWS_MAP_LRU_PERCPU_HASH);
KEYLESS_MAP(QUEUE_map, WINDOWS_MAP_QUEUE);
KEYLESS_MAP(STACK_map, WINDOWS_MAP_STACK);

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

    STEP(1, map_update(map, &key, &value, BPF_ANY) == 0);
    found = map_lookup(map, &key);
    STEP(2, found);
    STEP(3, *found == 1);
    return 0;
}

// Keys that come and go. Steps 1 to 12.
INLINE int test_hash(void *map)
{
    u32 key = 0, value = 2;
    u32 *found;

    map_delete(map, &key);
    STEP(4, map_lookup(map, &key) == NULL);
    STEP(5, map_update(map, &key, &value, BPF_EXIST) == -EBPF_KEY_NOT_FOUND);

    int failed = test_insert(map);
    if (failed)
        return failed;

    STEP(6, map_update(map, &key, &value, BPF_NOEXIST) == -EBPF_KEY_ALREADY_EXISTS);
    STEP(7, map_update(map, &key, &value, BPF_EXIST) == 0);
    found = map_lookup(map, &key);
    STEP(8, found);
    STEP(9, *found == 2);
    STEP(10, map_delete(map, &key) == 0);
    STEP(11, map_lookup(map, &key) == NULL);
    STEP(12, map_delete(map, &key) == -EBPF_KEY_NOT_FOUND);
    return 0;
}

// Keys that are always there. Steps 1 to 3 and 13 to 17.
INLINE int test_array(void *map)
{
    u32 key = 0, zero = 0, beyond = CAPACITY;

    int failed = test_insert(map);
    if (failed)
        return failed;

    STEP(13, map_update(map, &key, &zero, BPF_NOEXIST) == -EBPF_KEY_ALREADY_EXISTS);
    STEP(14, map_delete(map, &key) == 0);
    STEP(15, map_lookup(map, &beyond) == NULL);
    STEP(16, map_update(map, &beyond, &zero, BPF_ANY) == -EBPF_INVALID_ARGUMENT);
    STEP(17, map_update(map, &key, &zero, BPF_EXIST) == 0);
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

        STEP(1, map_update(map, &key, &value, BPF_ANY) == 0);
        found = map_lookup(map, &key);
        STEP(2, found);
        STEP(3, *found == i + 100);
    }

    LOOP for (u32 i = 0; i <= CAPACITY; i++) {
        u32 key = i;
        // The sign of the result, and no branch: else the verifier would have to follow each way to count.
        missing += (u32)map_delete(map, &key) >> 31;
    }
    STEP(4, missing >= 1 && missing <= CAPACITY);
    return 0;
}

// Fills a queue or stack, forces one more value in, and empties it. Steps 1 to 15.
INLINE int test_push_pop(void *map, int is_stack)
{
    u32 value = 0;

    LOOP for (u32 i = 0; i < CAPACITY; i++) // what a run that failed has left
        map_pop(map, &value);

    value = 7;
    STEP(1, map_peek(map, &value) == -EBPF_OBJECT_NOT_FOUND);
    STEP(2, value == 0);
    value = 7;
    STEP(3, map_pop(map, &value) == -EBPF_OBJECT_NOT_FOUND);
    STEP(4, value == 0);

    LOOP for (u32 i = 0; i < CAPACITY; i++) {
        u32 pushed = i;
        STEP(5, map_push(map, &pushed, BPF_ANY) == 0);
    }

    value = CAPACITY;
    STEP(6, map_push(map, &value, BPF_ANY) == -EBPF_OUT_OF_SPACE);
    STEP(7, map_push(map, &value, BPF_NOEXIST) == -EBPF_INVALID_ARGUMENT);
    STEP(8, map_push(map, &value, BPF_EXIST) == 0); // drops the oldest, 0

    STEP(9, map_peek(map, &value) == 0);
    STEP(10, value == (is_stack ? CAPACITY : 1));

    LOOP for (u32 i = 0; i < CAPACITY; i++) {
        u32 popped = 0;
        STEP(11, map_pop(map, &popped) == 0);
        STEP(12, popped == (is_stack ? CAPACITY - i : i + 1));
    }

    STEP(13, map_peek(map, &value) == -EBPF_OBJECT_NOT_FOUND);
    STEP(14, map_pop(map, &value) == -EBPF_OBJECT_NOT_FOUND);
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

SEC("sample_ext") int test_LRU_map(struct sample_md *ctx)
{
    RUN(0, test_eviction(&LRU_HASH_map));
    RUN(20, test_eviction(&LRU_PERCPU_HASH_map));
    return 0;
}

SEC("sample_ext") int test_PUSH_POP_map(struct sample_md *ctx)
{
    RUN(0, test_push_pop(&QUEUE_map, 0));
    RUN(20, test_push_pop(&STACK_map, 1));
    return 0;
}

SEC("sample_ext") int test_maps(struct sample_md *ctx)
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
