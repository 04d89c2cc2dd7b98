// An object in eBPF for Windows' dialect: the section that says so, map types and helper numbers that mean something else on Linux, contexts with
// pointers, error codes that are that system's own.
#include "windows.h"

WINDOWS_OBJECT;

#define MAP(name, map_type)          \
    struct {                         \
        MAP_NUMBER(type, map_type);  \
        MAP_NUMBER(max_entries, 10); \
        MAP_TYPE_OF(key, u32);       \
        MAP_TYPE_OF(value, u32);     \
    } name SEC(".maps") = {}

#define KEYLESS_MAP(name, map_type)  \
    struct {                         \
        MAP_NUMBER(type, map_type);  \
        MAP_NUMBER(max_entries, 10); \
        MAP_TYPE_OF(value, u32);     \
    } name SEC(".maps") = {}

MAP(hash, WINDOWS_MAP_HASH);
MAP(percpu_hash, WINDOWS_MAP_PERCPU_HASH);
MAP(array, WINDOWS_MAP_ARRAY);
MAP(percpu_array, WINDOWS_MAP_PERCPU_ARRAY);
MAP(lru_hash, WINDOWS_MAP_LRU_HASH);
MAP(lru_percpu_hash, WINDOWS_MAP_LRU_PERCPU_HASH);
KEYLESS_MAP(queue, WINDOWS_MAP_QUEUE);
KEYLESS_MAP(stack, WINDOWS_MAP_STACK);
MAP(programs, WINDOWS_MAP_PROG_ARRAY);

// 5: look up and delete is one helper there.
SEC("sample_ext") int takes_out(struct sample_md *ctx)
{
    u32 key = 1, value = 5;

    if (map_update(&hash, &key, &value, 0) < 0)
        return -1;
    u32 *found = map_lookup_and_delete(&hash, &key);
    if (!found)
        return -2;
    value = *found;
    return map_lookup(&hash, &key) ? -3 : value;
}

// An empty queue answers -7 (EBPF_OBJECT_NOT_FOUND), a full one -29 (EBPF_OUT_OF_SPACE): -36.
SEC("sample_ext") int queue_results(struct sample_md *ctx)
{
    u32 value = 0;

    for (int i = 0; i < 10; i++)
        map_pop(&queue, &value);
    int empty = map_pop(&queue, &value);
    for (int i = 0; i < 10; i++)
        map_push(&queue, &value, 0);
    int full = map_push(&queue, &value, 0);
    return empty + full;
}

// An array's element may be deleted there: 0.
SEC("sample_ext") int array_delete(struct sample_md *ctx)
{
    u32 key = 3;

    return map_delete(&array, &key);
}

// The packet's pointers are 64 bits in the context.
SEC("xdp") int length(struct xdp_md *ctx)
{
    if (ctx->data + 14 > ctx->data_end)
        return 0;
    return ctx->data[13] + (ctx->data_end - ctx->data);
}

SEC("bind") int bind_policy(struct bind_md *ctx)
{
    u32 key = ctx->protocol;
    u32 *denied = map_lookup(&lru_hash, &key);

    tail_call(ctx, &programs, 0);
    return denied ? 1 : 0;
}

LICENSE("MIT");
