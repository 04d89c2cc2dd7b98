// What ip, tc and xdp-loader are given: a program for each that counts UDP packets to port 9999, and one that must not be loaded, because the kernel
// would refuse it. Compiled by the test.
#include "contexts.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} seen SEC(".maps");

// Ethernet, IPv4 without options, UDP: the destination port is at 36.
static __attribute__((always_inline)) void count(void *data, void *end)
{
    u8 *byte = data;
    u32 zero = 0;
    u64 *hits = bpf_map_lookup_elem(&seen, &zero);

    if (hits && data + 42 <= end && byte[12] == 8 && byte[13] == 0 && byte[23] == 17 && byte[36] == 9999 >> 8 && byte[37] == (9999 & 0xff))
        __sync_fetch_and_add(hits, 1);
}

SEC("xdp") int counts_xdp(struct xdp_md *ctx)
{
    count((void *)(u64)ctx->data, (void *)(u64)ctx->data_end);
    return XDP_PASS;
}

SEC("tc") int counts_tc(struct __sk_buff *ctx)
{
    count((void *)(u64)ctx->data, (void *)(u64)ctx->data_end);
    return 0;
}

SEC("xdp") int never_loads(struct xdp_md *ctx)
{
    return *(u8 *)(u64)ctx->data;
}

LICENSE("GPL");
