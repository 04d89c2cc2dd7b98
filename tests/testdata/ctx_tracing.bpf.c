// The contexts of tracing programs, as bytes that the caller gives.
#include "contexts.h"

struct call {
    u64 arguments[3];
};

// A raw tracepoint has its arguments as 64-bit numbers.
SEC("raw_tp/sys_enter") int raw_tracepoint(struct call *ctx)
{
    return ctx->arguments[0] + 2 * ctx->arguments[1];
}

// A tracepoint has a record, whose first eight bytes are not for the program.
struct record {
    u64 common;
    u32 number;
    u16 flags;
    u16 kind;
    u64 value;
};

SEC("tracepoint/syscalls/sys_enter_openat") int tracepoint(struct record *ctx)
{
    return ctx->number + ctx->flags + ctx->kind + ctx->value;
}

// A kprobe has the registers of x86-64: first and second argument.
SEC("kprobe/do_unlinkat") int kprobe(struct pt_regs *ctx)
{
    return ctx->di + 3 * ctx->si;
}

// Its result is in ax, on the way out.
SEC("kretprobe/do_unlinkat") int kretprobe(struct pt_regs *ctx)
{
    return ctx->ax & 0xff;
}

LICENSE("GPL");
