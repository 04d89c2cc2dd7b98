// build: isa_jumps.o -mcpu=v3
//
// Every conditional jump: 64 and 32 bits, register and immediate. A bit of the result for each that was taken.
#include "input.h"

#define JUMP(number, condition, ...)                                                             \
    ({                                                                                           \
        u64 taken = 0;                                                                           \
        asm volatile("if " condition " goto +1 ; goto +1 ; %0 = 1" : "+r"(taken) : __VA_ARGS__); \
        result |= taken << (number);                                                             \
    })

// With a register and with the constants 100 and -100.
#define ALL(number, op)                           \
    JUMP(number, "%1 " op " %2", "r"(a), "r"(b)); \
    JUMP(number + 1, "%1 " op " 100", "r"(a));    \
    JUMP(number + 2, "%1 " op " -100", "r"(a))
#define ALL32(number, op)                                   \
    JUMP(number, "%1 " op " %2", "w"((u32)a), "w"((u32)b)); \
    JUMP(number + 1, "%1 " op " 100", "w"((u32)a));         \
    JUMP(number + 2, "%1 " op " -100", "w"((u32)a))

#define INPUT                               \
    const struct input *in = input_of(ctx); \
    u64 result = 0;                         \
    if (!in)                                \
        return -1;                          \
    u64 a = in->a, b = in->b

SEC("xdp") int equality(struct xdp_md *ctx)
{
    INPUT;
    ALL(0, "==");
    ALL(3, "!=");
    ALL(6, "&");
    return result;
}

SEC("xdp") int unsigned_order(struct xdp_md *ctx)
{
    INPUT;
    ALL(0, ">");
    ALL(3, ">=");
    ALL(6, "<");
    ALL(9, "<=");
    return result;
}

SEC("xdp") int signed_order(struct xdp_md *ctx)
{
    INPUT;
    ALL(0, "s>");
    ALL(3, "s>=");
    ALL(6, "s<");
    ALL(9, "s<=");
    return result;
}

SEC("xdp") int equality32(struct xdp_md *ctx)
{
    INPUT;
    ALL32(0, "==");
    ALL32(3, "!=");
    ALL32(6, "&");
    return result;
}

SEC("xdp") int unsigned_order32(struct xdp_md *ctx)
{
    INPUT;
    ALL32(0, ">");
    ALL32(3, ">=");
    ALL32(6, "<");
    ALL32(9, "<=");
    return result;
}

SEC("xdp") int signed_order32(struct xdp_md *ctx)
{
    INPUT;
    ALL32(0, "s>");
    ALL32(3, "s>=");
    ALL32(6, "s<");
    ALL32(9, "s<=");
    return result;
}

LICENSE("GPL");
