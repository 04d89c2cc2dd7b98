// The stack: all of its 512 bytes, pointers to it in subprograms, frames below frames, variable offsets.
#include "input.h"

#define LOOP _Pragma("clang loop unroll(disable)")

struct triple {
    u64 a, b, c;
};

NOINLINE static void fill(struct triple *triple, u64 base)
{
    triple->a = base;
    triple->b = base + 1;
    triple->c = base + 2;
}

NOINLINE static u64 sum(const struct triple *triple)
{
    return triple->a + triple->b + triple->c;
}

// 3 * length + 3
SEC("xdp") int by_pointer(struct xdp_md *ctx)
{
    struct triple triple;

    fill(&triple, ctx->data_end - ctx->data);
    return sum(&triple);
}

// A stack of 504 bytes beside the spills.
SEC("xdp") int all_of_it(struct xdp_md *ctx)
{
    volatile u8 bytes[504];
    u32 total = 0;

    LOOP for (u32 i = 0; i < 504; i++)
        bytes[i] = i;
    LOOP for (u32 i = 0; i < 504; i++)
        total += bytes[i];
    return total;
}

// Each writes to its own frame and to its caller's; 1 if one trod on another.
NOINLINE static int third(u64 *of_second)
{
    volatile u64 own[16];

    LOOP for (int i = 0; i < 16; i++)
        own[i] = 3;
    *of_second += 3;
    return own[0] != 3 || own[15] != 3;
}

NOINLINE static int second(u64 *of_first)
{
    volatile u64 own[8];
    u64 local = 2;

    LOOP for (int i = 0; i < 8; i++)
        own[i] = 2;
    if (third(&local))
        return 1;
    *of_first += local;
    return own[0] != 2 || own[7] != 2;
}

// 1 + 2 + 3
SEC("xdp") int frames(struct xdp_md *ctx)
{
    u64 local = 1;

    return second(&local) ? -1 : local;
}

// An index that the packet gives, masked.
SEC("xdp") int variable_offset(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u8 table[16];

    if (!in)
        return -1;
    LOOP for (u32 i = 0; i < 16; i++)
        table[i] = i * i;
    table[in->bytes[0] & 15] = 77;
    return table[in->bytes[1] & 15];
}

// Values and pointers are spilled over a call, as all registers that survive calls are in use.
SEC("xdp") int spills(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    if (!in)
        return -1;
    u64 a = in->a, b = in->b, c = in->bytes[0], d = in->bytes[1], e = in->bytes[2], f = in->bytes[3];
    u64 now = bpf_ktime_get_ns();
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + in->bytes[4] + (now == 0);
}

// Eight frames, the deepest that there can be.
#define FRAME(name, next)                  \
    NOINLINE static u32 name(u32 value)    \
    {                                      \
        asm volatile("" : "+r"(value));    \
        return next(value + 1) * 2;        \
    }
NOINLINE static u32 deepest(u32 value)
{
    asm volatile("" : "+r"(value));
    return value;
}
FRAME(seventh, deepest)
FRAME(sixth, seventh)
FRAME(fifth, sixth)
FRAME(fourth, fifth)
FRAME(third_frame, fourth)
FRAME(second_frame, third_frame)

// (length + 6) * 64
SEC("xdp") int deep(struct xdp_md *ctx)
{
    return second_frame(ctx->data_end - ctx->data);
}

LICENSE("GPL");
