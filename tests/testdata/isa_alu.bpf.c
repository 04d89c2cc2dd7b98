// build: isa_alu.o -mcpu=v3
//
// Every arithmetic instruction, in assembly, so that it is these and no others: 64 and 32 bits, register and immediate.
#include "input.h"

u64 results[80];

#define STORE(value) (results[n++ % 80] = (value))

// The operation with a register and with a constant, at 64 and at 32 bits.
#define ALL(op)                                               \
    ({                                                        \
        u64 d = a;                                            \
        asm volatile("%0 " op " %1" : "+r"(d) : "r"(b));      \
        STORE(d);                                             \
        d = a;                                                \
        asm volatile("%0 " op " 13" : "+r"(d));               \
        STORE(d);                                             \
        d = a;                                                \
        asm volatile("%0 " op " -5" : "+r"(d));               \
        STORE(d);                                             \
        u32 w = a;                                            \
        asm volatile("%0 " op " %1" : "+w"(w) : "w"((u32)b)); \
        STORE(w);                                             \
        w = a;                                                \
        asm volatile("%0 " op " 13" : "+w"(w));               \
        STORE(w);                                             \
        w = a;                                                \
        asm volatile("%0 " op " -5" : "+w"(w));               \
        STORE(w);                                             \
    })

// Shifts take constants below the width; a register is masked by the processor, and here by hand.
#define SHIFTS(op)                                                 \
    ({                                                             \
        u64 d = a;                                                 \
        asm volatile("%0 " op " %1" : "+r"(d) : "r"(b & 63));      \
        STORE(d);                                                  \
        d = a;                                                     \
        asm volatile("%0 " op " 0" : "+r"(d));                     \
        STORE(d);                                                  \
        d = a;                                                     \
        asm volatile("%0 " op " 63" : "+r"(d));                    \
        STORE(d);                                                  \
        u32 w = a;                                                 \
        asm volatile("%0 " op " %1" : "+w"(w) : "w"((u32)b & 31)); \
        STORE(w);                                                  \
        w = a;                                                     \
        asm volatile("%0 " op " 0" : "+w"(w));                     \
        STORE(w);                                                  \
        w = a;                                                     \
        asm volatile("%0 " op " 31" : "+w"(w));                    \
        STORE(w);                                                  \
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

SEC("xdp") int arithmetic(struct xdp_md *ctx)
{
    INPUT;
    ALL("+=");
    ALL("-=");
    ALL("*=");
    return fold(n);
}

// Division by zero gives 0, and the remainder is what was divided.
SEC("xdp") int division(struct xdp_md *ctx)
{
    INPUT;
    ALL("/=");
    ALL("%%=");
    return fold(n);
}

SEC("xdp") int bits(struct xdp_md *ctx)
{
    INPUT;
    ALL("&=");
    ALL("|=");
    ALL("^=");
    return fold(n);
}

SEC("xdp") int shifts(struct xdp_md *ctx)
{
    INPUT;
    SHIFTS("<<=");
    SHIFTS(">>=");
    SHIFTS("s>>=");
    return fold(n);
}

SEC("xdp") int moves(struct xdp_md *ctx)
{
    INPUT;
    ALL("=");

    u64 d;
    u32 w;
    asm volatile("%0 = %1 ; %0 = -%0" : "=&r"(d) : "r"(a));
    STORE(d);
    asm volatile("%0 = %1 ; %0 = -%0" : "=&w"(w) : "w"((u32)b));
    STORE(w);
    asm volatile("%0 = 0x123456789abcdef0 ll" : "=r"(d));
    STORE(d);
    asm volatile("%0 = -1 ll" : "=r"(d));
    STORE(d);
    // The upper half is zero after a 32-bit move, whatever was there.
    asm volatile("r5 = %1 ; w5 = w5 ; %0 = r5" : "=r"(d) : "r"(a) : "r5");
    STORE(d);
    asm volatile("r5 = %1 ; w5 = -1 ; %0 = r5" : "=r"(d) : "r"(a) : "r5");
    STORE(d);
    return fold(n);
}

SEC("xdp") int byte_order(struct xdp_md *ctx)
{
    INPUT;
#define ORDER(op)                                                     \
    ({                                                                \
        u64 d;                                                        \
        asm volatile("%0 = %1 ; %0 = " op " %0" : "=&r"(d) : "r"(a)); \
        STORE(d);                                                     \
    })
    ORDER("be16");
    ORDER("be32");
    ORDER("be64");
    ORDER("le16");
    ORDER("le32");
    ORDER("le64");
    (void)b;
    return fold(n);
}

LICENSE("GPL");
