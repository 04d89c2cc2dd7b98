// Programs of the type syscall: the context is whatever the host gives, and it may be written. The general form of a function in BPF.
#include "bpf.h"

struct arguments {
    u64 a;
    u64 b;
    u64 sum;
    u64 product;
    u8 text[32];
};

SEC("syscall") int calculate(struct arguments *ctx)
{
    ctx->sum = ctx->a + ctx->b;
    ctx->product = ctx->a * ctx->b;
    return 0;
}

// Reverses the text in the context.
SEC("syscall") int reverse(struct arguments *ctx)
{
    for (int i = 0; i < 16; i++) {
        u8 first = ctx->text[i];
        ctx->text[i] = ctx->text[31 - i];
        ctx->text[31 - i] = first;
    }
    return 32;
}

NOINLINE static u64 fibonacci(u32 n)
{
    u64 a = 0, b = 1;

    for (u32 i = 0; i < 90; i++) {
        if (i == n)
            break;
        u64 next = a + b;
        a = b;
        b = next;
    }
    return a;
}

SEC("syscall") int sequence(struct arguments *ctx)
{
    ctx->sum = fibonacci(ctx->a & 127);
    return ctx->sum & 0x7fffffff;
}

LICENSE("GPL");
