// build: isa_memory.o
// build: isa_memory_v4.o -mcpu=v4
//
// Loads and stores of every width, of registers and of constants, on the stack, in map values, in packets and in global data.
#include "input.h"

struct all {
    u8 u1;
    s8 s1;
    u16 u2;
    s16 s2;
    u32 u4;
    s32 s4;
    u64 u8;
    s64 s8;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct all);
} memory SEC(".maps") = {};

struct all global;

// Widths through the place and back; all through a volatile pointer, so that each is an instruction.
INLINE u64 through(volatile struct all *place, u64 a, u64 b)
{
    u64 hash = 0;

    place->u1 = a;
    place->s1 = a;
    place->u2 = a;
    place->s2 = a;
    place->u4 = a;
    place->s4 = a;
    place->u8 = a;
    place->s8 = a;
    hash = mix(hash, place->u1);
    hash = mix(hash, place->s1);
    hash = mix(hash, place->u2);
    hash = mix(hash, place->s2);
    hash = mix(hash, place->u4);
    hash = mix(hash, place->s4);
    hash = mix(hash, place->u8);
    hash = mix(hash, place->s8 + b);

    place->u1 = 0xf1;
    place->s2 = -2;
    place->u4 = 0xfffffff4;
    place->s8 = -8;
    hash = mix(hash, place->u1);
    hash = mix(hash, place->s2);
    hash = mix(hash, place->u4);
    hash = mix(hash, place->s8);
    return hash ^ hash >> 32;
}

SEC("xdp") int on_stack(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    struct all place;

    return in ? through(&place, in->a, in->b) : -1;
}

SEC("xdp") int in_map(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u32 key = 0;
    struct all *place = bpf_map_lookup_elem(&memory, &key);

    return in && place ? through(place, in->a, in->b) : -1;
}

SEC("xdp") int in_globals(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    return in ? through(&global, in->a, in->b) : -1;
}

// Writes to the packet, which the host sees.
SEC("xdp") int in_packet(struct xdp_md *ctx)
{
    struct input *in = (struct input *)input_of(ctx);

    return in ? through((struct all *)in->bytes, in->a, in->b) : -1;
}

LICENSE("GPL");
