// Loops that end, in the forms in which compilers write them.
#include "input.h"

#define LOOP _Pragma("clang loop unroll(disable)")

// 0 + 1 + … + 999 = 499500
SEC("xdp") int constant_bound(struct xdp_md *ctx)
{
    u32 sum = 0;

    LOOP for (u32 i = 0; i < 1000; i++) {
        sum += i;
        asm volatile("" : "+r"(sum));
    }
    return sum;
}

// The bound comes from the packet, and is at most 255.
SEC("xdp") int variable_bound(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);
    u32 sum = 0;

    if (!in)
        return -1;
    u32 bound = in->bytes[0];
    LOOP for (u32 i = 0; i < bound; i++) {
        sum += i;
        asm volatile("" : "+r"(sum));
    }
    return sum;
}

// 20 * 30 turns, of which some are left early.
SEC("xdp") int nested(struct xdp_md *ctx)
{
    u32 sum = 0;

    LOOP for (u32 i = 0; i < 20; i++) {
        LOOP for (u32 j = 0; j < 30; j++) {
            if (j > i)
                break;
            sum += i ^ j;
            asm volatile("" : "+r"(sum));
        }
    }
    return sum;
}

SEC("xdp") int downwards(struct xdp_md *ctx)
{
    u64 product = 1;
    u32 i = 20;

    LOOP while (i) {
        product = product * i + 1;
        asm volatile("" : "+r"(product));
        i--;
    }
    return product ^ product >> 32;
}

SEC("xdp") int with_steps(struct xdp_md *ctx)
{
    u32 turns = 0;

    LOOP for (u32 i = 1; i < 1000000; i *= 3) {
        turns++;
        asm volatile("" : "+r"(turns));
    }
    return turns;
}

// Leaves at the first zero byte, and says where it is; 48 for none.
SEC("xdp") int search(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    if (!in)
        return -1;
    LOOP for (u32 i = 0; i < 48; i++)
        if (in->bytes[i] == 0)
            return i;
    return 48;
}

// Steps through records of one byte length and that many bytes, each checked against the packet's end.
SEC("xdp") int records(struct xdp_md *ctx)
{
    u8 *at = (u8 *)(long)ctx->data;
    u8 *end = (u8 *)(long)ctx->data_end;
    u32 count = 0;

    LOOP for (int i = 0; i < 16; i++) {
        if (at + 1 > end)
            break;
        u8 length = at[0];
        at += 1;
        if (at + length > end)
            return -1;
        at += length;
        count++;
    }
    return count;
}

LICENSE("GPL");
