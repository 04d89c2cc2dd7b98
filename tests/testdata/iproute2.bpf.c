// iproute2's conventions: maps of nine numbers, a tail call table that the section names `map-id/slot` fill in, `classifier` for the entry.
#include "contexts.h"
#include "legacy.h"

struct bpf_elf_map SEC("maps") jumps = {
    .type = BPF_MAP_TYPE_PROG_ARRAY,
    .id = 2,
    .size_key = sizeof(u32),
    .size_value = sizeof(u32),
    .max_elem = 4,
};

struct bpf_elf_map SEC("maps") shared = {
    .type = BPF_MAP_TYPE_ARRAY,
    .size_key = sizeof(u32),
    .size_value = sizeof(u64),
    .max_elem = 8,
    .pinning = 2, // PIN_GLOBAL_NS
};

SEC("classifier") int entry(struct __sk_buff *ctx)
{
    bpf_tail_call(ctx, &jumps, 1);
    return TC_ACT_OK;
}

SEC("2/1") int slot_1(struct __sk_buff *ctx)
{
    u32 key = 3;
    u64 *value = bpf_map_lookup_elem(&shared, &key);

    if (value)
        *value += ctx->len;
    bpf_tail_call(ctx, &jumps, 0);
    return TC_ACT_SHOT;
}

SEC("2/0") int slot_0(struct __sk_buff *ctx)
{
    return 42;
}

LICENSE("GPL");
