// Counters in global data, which the host reads while programs run: plain, atomic, per size class, and a total behind a static variable.
#include "bpf.h"

const volatile u32 threshold = 128; // the host may set it before the load

u64 packets;
u64 bytes;
u64 large;
u32 by_size[8];
static u64 runs;

struct stats {
    u64 first_length;
    u64 last_length;
} stats = { .first_length = ~0ull };

SEC("xdp") int count(struct xdp_md *ctx)
{
    u64 length = ctx->data_end - ctx->data;
    u32 class = length / 64;

    __sync_fetch_and_add(&packets, 1);
    __sync_fetch_and_add(&bytes, length);
    if (length > threshold)
        large++;
    by_size[class < 8 ? class : 7]++;
    if (stats.first_length == ~0ull)
        stats.first_length = length;
    stats.last_length = length;
    return ++runs;
}

LICENSE("GPL");
