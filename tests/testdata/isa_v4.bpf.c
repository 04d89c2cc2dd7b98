// build: isa_v4.o -mcpu=v4
//
// What the fourth version of the instruction set added: signed division, sign-extending moves and loads, byte swaps, long jumps.
#include "input.h"

u64 results[80];

#define STORE(value) (results[n++ % 80] = (value))

#define ALL(op)                                               \
    ({                                                        \
        u64 d = a;                                            \
        asm volatile("%0 " op " %1" : "+r"(d) : "r"(b));      \
        STORE(d);                                             \
        d = a;                                                \
        asm volatile("%0 " op " 13" : "+r"(d));               \
        STORE(d);                                             \
        d = a;                                                \
        asm volatile("%0 " op " -1" : "+r"(d));               \
        STORE(d);                                             \
        u32 w = a;                                            \
        asm volatile("%0 " op " %1" : "+w"(w) : "w"((u32)b)); \
        STORE(w);                                             \
        w = a;                                                \
        asm volatile("%0 " op " 13" : "+w"(w));               \
        STORE(w);                                             \
        w = a;                                                \
        asm volatile("%0 " op " -1" : "+w"(w));               \
        STORE(w);                                             \
    })

INLINE u64 fold(u32 n)
{
    u64 hash = 0;

#pragma clang loop unroll(disable)
    for (u32 i = 0; i < 80 && i < n; i++)
        hash = mix(hash, results[i]);
    return hash ^ hash >> 32;
}

#define INPUT                               \
    const struct input *in = input_of(ctx); \
    u32 n = 0;                              \
    if (!in)                                \
        return -1;                          \
    u64 a = in->a, b = in->b

// The smallest number divided by -1 is itself, with remainder 0; by 0 it is 0, with itself as remainder.
SEC("xdp") int signed_division(struct xdp_md *ctx)
{
    INPUT;
    ALL("s/=");
    ALL("s%%=");
    return fold(n);
}

SEC("xdp") int sign_extending_moves(struct xdp_md *ctx)
{
    INPUT;
#define MOVE(width, from)                                         \
    ({                                                            \
        u64 d = 0;                                                \
        asm volatile("%0 = (" width ")%1" : "=r"(d) : "r"(from)); \
        STORE(d);                                                 \
    })
#define MOVE32(width, from)                                            \
    ({                                                                 \
        u32 w = 0;                                                     \
        asm volatile("%0 = (" width ")%1" : "=w"(w) : "w"((u32)from)); \
        STORE(w);                                                      \
    })
    MOVE("s8", a);
    MOVE("s16", a);
    MOVE("s32", a);
    MOVE("s8", b);
    MOVE("s16", b);
    MOVE("s32", b);
    MOVE32("s8", a);
    MOVE32("s16", a);
    MOVE32("s8", b);
    MOVE32("s16", b);
    return fold(n);
}

SEC("xdp") int sign_extending_loads(struct xdp_md *ctx)
{
    INPUT;
    u64 stack[2] = { a, b };
    s64 d;

#define LOAD(width, offset)                                                                       \
    ({                                                                                            \
        asm volatile("%0 = *(" width " *)(%1 + " #offset ")" : "=r"(d) : "r"(stack), "m"(stack)); \
        STORE(d);                                                                                 \
    })
    LOAD("s8", 0);
    LOAD("s8", 7);
    LOAD("s8", 9);
    LOAD("s16", 0);
    LOAD("s16", 6);
    LOAD("s16", 14);
    LOAD("s32", 0);
    LOAD("s32", 4);
    LOAD("s32", 12);
    STORE(*(const s8 *)in->bytes);
    STORE(*(const s16 *)(in->bytes + 4));
    STORE(*(const s32 *)(in->bytes + 8));
    return fold(n);
}

SEC("xdp") int byte_swaps(struct xdp_md *ctx)
{
    INPUT;
#define SWAP(width)                                                           \
    ({                                                                        \
        u64 d;                                                                \
        asm volatile("%0 = %1 ; %0 = bswap" width " %0" : "=&r"(d) : "r"(a)); \
        STORE(d);                                                             \
    })
    SWAP("16");
    SWAP("32");
    SWAP("64");
    (void)b;
    return fold(n);
}

// 3 for an even first byte, 5 for an odd one. The distance would fit the short jump, too.
SEC("xdp") int long_jumps(struct xdp_md *ctx)
{
    INPUT;
    u64 result = 1;

    (void)b;
    (void)n;
    asm volatile("if %1 & 1 goto odd_%=\n\t"
                 "%0 += 2\n\t"
                 "gotol done_%=\n"
                 "odd_%=:\n\t"
                 "%0 += 4\n"
                 "done_%=:"
                 : "+r"(result)
                 : "r"(a));
    return result;
}

LICENSE("GPL");
