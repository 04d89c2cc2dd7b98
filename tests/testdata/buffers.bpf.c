// Buffers to the host: two ring buffers of different size, records of any length, with and without a wake-up; a perf event array.
#include "bpf.h"

// BPF_RB_NO_WAKEUP
#define QUIETLY 1
// BPF_F_CURRENT_CPU
#define THIS_CPU 0xffffffffull
#define LONGEST 512

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} small SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 65536);
} large SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    MAP_NUMBER(key_size, 4);
    MAP_NUMBER(value_size, 4);
} events SEC(".maps");

// A number, then as many bytes as the packet's third word says, all of them the number's lowest byte.
struct record {
    u64 number;
    u8 bytes[LONGEST];
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct record);
} scratch SEC(".maps");

u64 number;
u64 lost;

// The record to put out, and its length from the packet: 8 and up to 511 more.
static NOINLINE struct record *next(struct xdp_md *ctx, u32 *length)
{
    u8 *data = (u8 *)(u64)ctx->data, *end = (u8 *)(u64)ctx->data_end;
    u32 zero = 0;
    struct record *record = bpf_map_lookup_elem(&scratch, &zero);

    *length = 0;
    if (!record || data + 12 > end)
        return 0;
    *length = *(u32 *)(data + 8) & (LONGEST - 1);
    record->number = number++;
    for (u32 i = 0; i < LONGEST; i++)
        record->bytes[i] = record->number;
    return record;
}

static int put(struct xdp_md *ctx, void *ring, u64 flags)
{
    u32 length;
    struct record *record = next(ctx, &length);

    if (!record)
        return 1;
    if (bpf_ringbuf_output(ring, record, sizeof(u64) + (length & (LONGEST - 1)), flags) == 0)
        return 0;
    __sync_fetch_and_add(&lost, 1);
    return 2;
}

SEC("xdp") int put_small(struct xdp_md *ctx)
{
    return put(ctx, &small, 0);
}

SEC("xdp") int put_large(struct xdp_md *ctx)
{
    return put(ctx, &large, 0);
}

SEC("xdp") int put_quietly(struct xdp_md *ctx)
{
    return put(ctx, &small, QUIETLY);
}

SEC("xdp") int put_event(struct xdp_md *ctx)
{
    u32 length;
    struct record *record = next(ctx, &length);

    if (!record)
        return 1;
    if (bpf_perf_event_output(ctx, &events, THIS_CPU, record, sizeof(u64) + (length & (LONGEST - 1))) == 0)
        return 0;
    __sync_fetch_and_add(&lost, 1);
    return 2;
}

LICENSE("GPL");
