// build: endian_little.o -target bpfel
// build: endian_big.o -target bpfeb
//
// One source for both byte orders. The object of the other order can be opened and shown, and not loaded.
#include "bpf.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 2);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} values SEC(".maps") = {};

u32 number = 0x01020304;
const volatile u16 constant = 0x0506;

NOINLINE static u32 add(u32 a, u32 b)
{
    asm volatile("" : "+r"(a));
    return a + b;
}

SEC("xdp") int uses_all(struct xdp_md *ctx)
{
    u32 key = 1;
    u64 *value = bpf_map_lookup_elem(&values, &key);

    return add(number, constant) + (value ? *value : 1) + (u32)0x1122334455667788;
}

SEC("?xdp") int wide(struct xdp_md *ctx)
{
    return ctx->rx_queue_index * 0x1122334455667788ull >> 32;
}

LICENSE("GPL");
