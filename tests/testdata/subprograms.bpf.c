// build: subprograms.o
// build: subprograms_v3.o -mcpu=v3
//
// Static and global functions in .text, some shared, some reachable from one program only, some from none.
#include "bpf.h"

u64 calls;

// Shared by both programs.
NOINLINE static u32 mix(u32 a, u32 b)
{
    calls++;
    return (a * 31 + b) ^ (a >> 3);
}

// Reached from `first` only, and calls another.
NOINLINE static u32 only_first(u32 value)
{
    return mix(value, 7) + mix(value, 9);
}

// Reached from `second` only.
NOINLINE static u32 only_second_leaf(u32 value)
{
    calls += 10;
    return value * 3;
}

NOINLINE static u32 only_second(u32 value)
{
    return only_second_leaf(value) + mix(value, 1);
}

// A global function is verified by itself, for any argument.
NOINLINE u32 global_square(u32 value)
{
    calls += 100;
    asm volatile("" : "+r"(value));
    return value * value;
}

// Global, and called by nobody: a function of its own, but part of no program.
NOINLINE u32 global_unused(u32 value)
{
    asm volatile("" : "+r"(value));
    return value + 1;
}

// Takes its arguments in all five registers.
NOINLINE static u64 five(u64 a, u64 b, u64 c, u64 d, u64 e)
{
    asm volatile("" : "+r"(a));
    return a + 2 * b + 3 * c + 4 * d + 5 * e;
}

SEC("xdp") int first(struct xdp_md *ctx)
{
    u32 length = ctx->data_end - ctx->data;

    return only_first(length) + global_square(length) + five(1, 2, 3, 4, length);
}

SEC("xdp") int second(struct xdp_md *ctx)
{
    u32 length = ctx->data_end - ctx->data;

    return only_second(length) + mix(length, 2);
}

SEC("xdp") int calls_nothing(struct xdp_md *ctx)
{
    return 5;
}

LICENSE("GPL");
