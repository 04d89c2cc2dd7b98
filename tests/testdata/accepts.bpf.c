// Programs that are safe, though one has to look closely: the verifier must accept each.
#include "contexts.h"
#include "input.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_NUMBER(value_size, 64);
} values SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_NUMBER(value_size, 64);
} table SEC(".maps") = {};

// Two branches on one condition, apart: the pointer is valid in the second because it was in the first.
SEC("xdp") int correlated(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
    int has_header = data + 14 <= end;
    u32 now = bpf_get_prandom_u32();

    asm volatile("" : "+r"(has_header));
    if (has_header)
        now &= 1;
    asm volatile("" : "+r"(now));
    if (data + 14 > end)
        return now == 5;
    return data[13];
}

// An index in a signed range.
SEC("xdp") int signed_index(struct xdp_md *ctx)
{
    u32 key = 0;
    u8 *value = bpf_map_lookup_elem(&table, &key);
    s64 index = bpf_ktime_get_ns();

    if (!value || index < 0)
        return 0;
    asm volatile("" : "+r"(index)); // or clang would make one unsigned comparison of the two
    if (index > 63)
        return 1;
    return value[index] + 1;
}

// A remainder bounds as well as a mask does.
SEC("xdp") int by_remainder(struct xdp_md *ctx)
{
    u32 key = 0;
    u8 *value = bpf_map_lookup_elem(&table, &key);

    if (!value)
        return 0;
    return value[bpf_get_prandom_u32() % 64] + 1;
}

// Division and shifts bound, too.
SEC("xdp") int by_shift(struct xdp_md *ctx)
{
    u32 key = 0;
    u8 *value = bpf_map_lookup_elem(&table, &key);
    u32 random = bpf_get_prandom_u32();

    if (!value)
        return 0;
    return value[random >> 26] + value[(random & 0xff) >> 2] + 1;
}

// A pointer that goes to memory and back keeps what is known of it.
SEC("xdp") int spilled_pointer(struct xdp_md *ctx)
{
    u32 key = 1;
    u8 *volatile kept = bpf_map_lookup_elem(&table, &key);
    u8 *value = kept;

    if (!value)
        return 0;
    bpf_ktime_get_ns();
    return value[5] + 1;
}

// The null check is of a copy.
SEC("xdp") int copied_check(struct xdp_md *ctx)
{
    u32 key = 1;
    u8 *value = bpf_map_lookup_elem(&values, &key);
    u8 *copy = value;

    asm volatile("" : "+r"(copy));
    if (!copy)
        return 7;
    return copy[0] + value[0];
}

// Different maps on different ways, of the same shape.
SEC("xdp") int either_map(struct xdp_md *ctx)
{
    u32 key = 1;
    void *map = ctx->rx_queue_index & 1 ? (void *)&values : (void *)&table;
    u8 *value = bpf_map_lookup_elem(map, &key);

    return value ? value[63] + 1 : 0;
}

// A helper may write to uninitialised stack: afterwards it is initialised.
SEC("tc") int helper_writes(struct __sk_buff *skb)
{
    u8 buffer[16];

    if (bpf_skb_load_bytes(skb, 0, buffer, sizeof(buffer)))
        return 0;
    return buffer[15] + 1;
}

// The size that the helper gets is a variable with bounds.
SEC("tc") int variable_size(struct __sk_buff *skb)
{
    u8 buffer[64] = {};
    u32 size = skb->len & 63;

    if (size == 0)
        return 1;
    if (bpf_skb_load_bytes(skb, 0, buffer, size))
        return 2;
    return buffer[0] + 3;
}

// A packet check against a sum of two bounded variables.
SEC("xdp") int two_variables(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;

    if (data + 2 > end)
        return 0;
    u8 *at = data + (data[0] & 15) + (data[1] & 15);
    if (at + 4 > end)
        return 1;
    return at[3] + 2;
}

// The registers of 32-bit comparisons are used as 64-bit offsets.
SEC("xdp") int narrow_check(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
    u64 offset = bpf_ktime_get_ns();

    if ((u32)offset > 40)
        return 0;
    offset &= 0xffffffff;
    if (data + offset + 1 > end)
        return 1;
    return data[offset] + 2;
}

// Dead code may be as wrong as it likes.
SEC("xdp") int dead_code(struct xdp_md *ctx)
{
    u64 zero = 0;

    asm volatile("" : "+r"(zero));
    asm volatile("if %0 == 0 goto +1\n\t"
                 "%0 = *(u64 *)(%0 + 0)"
                 : "+r"(zero));
    return 1;
}

// A subprogram that returns a pointer, and one that takes a scalar or a pointer's difference.
NOINLINE static u8 *find(u32 key)
{
    return bpf_map_lookup_elem(&table, &key);
}

SEC("xdp") int pointer_from_subprogram(struct xdp_md *ctx)
{
    u8 *value = find(3);

    return value ? value[1] + 1 : 0;
}

// The loop's bound is what remains of the packet.
SEC("xdp") int loop_over_rest(struct xdp_md *ctx)
{
    u8 *at = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
    u32 zeroes = 0;

#pragma clang loop unroll(disable)
    for (int i = 0; i < 100 && at + 1 <= end; i++, at++)
        zeroes += *at == 0;
    return zeroes;
}

LICENSE("GPL");
