// A caller and a callee in one section, in eBPF for Windows' dialect: its own test of autoload has such an object. And what only its verifier takes.
#include "windows.h"

WINDOWS_OBJECT;

struct {
    MAP_NUMBER(type, WINDOWS_MAP_PROG_ARRAY);
    MAP_NUMBER(max_entries, 10);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} programs SEC(".maps") = {};

struct {
    MAP_NUMBER(type, WINDOWS_MAP_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} records SEC(".maps") = {};

// 6 where nothing is in the slot; what the call itself gave is in the upper half.
SEC("sample_ext") int caller(struct sample_md *ctx)
{
    int result = tail_call(ctx, &programs, 9);

    return result << 16 | 6;
}

SEC("sample_ext") int callee(struct sample_md *ctx)
{
    return 42;
}

// Calls itself until the limit is reached: -27.
SEC("sample_ext") int endless(struct sample_md *ctx)
{
    return tail_call(ctx, &programs, 0);
}

// All of the data, with its own length as the size.
SEC("sample_ext") int whole(struct sample_md *ctx)
{
    if (ctx->data_start >= ctx->data_end)
        return -1;
    return ringbuf_output(&records, ctx->data_start, ctx->data_end - ctx->data_start, 0);
}

// A length that is not the data's.
SEC("sample_ext") int more_than_whole(struct sample_md *ctx)
{
    if (ctx->data_start >= ctx->data_end)
        return -1;
    return ringbuf_output(&records, ctx->data_start, ctx->data_end - ctx->data_start + 1, 0);
}

// Not from the start.
SEC("sample_ext") int past_the_end(struct sample_md *ctx)
{
    if (ctx->data_start + 1 >= ctx->data_end)
        return -1;
    return ringbuf_output(&records, ctx->data_start + 1, ctx->data_end - ctx->data_start, 0);
}

LICENSE("MIT");
