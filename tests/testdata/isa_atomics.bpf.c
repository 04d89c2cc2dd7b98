// build: isa_atomics.o -mcpu=v3
//
// Every atomic instruction, 64 and 32 bits, with and without fetch, on the stack, in map values and in global data.
#include "input.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} memory SEC(".maps") = {};

u64 global;
u32 global32;

// `W` is the constraint of a register of the width.
// What the place holds goes into the hash after each operation; what was fetched, too.
#define OPERATIONS(type)                                                                                 \
    INLINE u64 operations_##type(type *place, u64 a, u64 b)                                              \
    {                                                                                                    \
        u64 hash = 0;                                                                                    \
        *place = a;                                                                                      \
        asm volatile("lock *(" #type " *)(%0 + 0) += %1" : : "r"(place), W((type)b) : "memory");         \
        hash = mix(hash, *place);                                                                        \
        asm volatile("lock *(" #type " *)(%0 + 0) |= %1" : : "r"(place), W((type)(b >> 3)) : "memory");  \
        hash = mix(hash, *place);                                                                        \
        asm volatile("lock *(" #type " *)(%0 + 0) ^= %1" : : "r"(place), W((type)(b >> 5)) : "memory");  \
        hash = mix(hash, *place);                                                                        \
        asm volatile("lock *(" #type " *)(%0 + 0) &= %1" : : "r"(place), W((type)~(b >> 7)) : "memory"); \
        hash = mix(hash, *place);                                                                        \
        hash = mix(hash, __sync_fetch_and_add(place, (type)a));                                          \
        hash = mix(hash, __sync_fetch_and_or(place, (type)b));                                           \
        hash = mix(hash, __sync_fetch_and_xor(place, (type)a));                                          \
        hash = mix(hash, __sync_fetch_and_and(place, (type)~b));                                         \
        hash = mix(hash, __sync_lock_test_and_set(place, (type)a));                                      \
        hash = mix(hash, __sync_val_compare_and_swap(place, (type)b, (type)1));                          \
        hash = mix(hash, __sync_val_compare_and_swap(place, (type)a, (type)b));                          \
        hash = mix(hash, *place);                                                                        \
        return hash ^ hash >> 32;                                                                        \
    }

#define W "r"
OPERATIONS(u64)
#undef W
#define W "w"
OPERATIONS(u32)

SEC("xdp") int on_stack(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u64 place;

    return in ? operations_u64(&place, in->a, in->b) : -1;
}

SEC("xdp") int on_stack32(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u32 place;

    return in ? operations_u32(&place, in->a, in->b) : -1;
}

SEC("xdp") int in_map(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u32 key = 0;
    u64 *place = bpf_map_lookup_elem(&memory, &key);

    return in && place ? operations_u64(place, in->a, in->b) : -1;
}

SEC("xdp") int in_map32(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u32 key = 0;
    u32 *place = bpf_map_lookup_elem(&memory, &key);

    return in && place ? operations_u32(place, in->a, in->b) : -1;
}

SEC("xdp") int in_globals(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    return in ? operations_u64(&global, in->a, in->b) + operations_u32(&global32, in->b, in->a) : -1;
}

LICENSE("GPL");
