// Ring buffers: records reserved and submitted or discarded, and records copied in.
#include "bpf.h"

struct event {
    u32 kind;
    u32 length;
    u64 sequence;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} events SEC(".maps") = {};

u64 sequence;
u64 lost;

// One record of kind 1 in place.
SEC("xdp") int reserve(struct xdp_md *ctx)
{
    struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event) {
        lost++;
        return -ENOSPC;
    }
    event->kind = 1;
    event->length = ctx->data_end - ctx->data;
    event->sequence = sequence++;
    bpf_ringbuf_submit(event, 0);
    return 0;
}

// One record that nobody sees.
SEC("xdp") int discard(struct xdp_md *ctx)
{
    struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return -ENOSPC;
    event->kind = 2;
    bpf_ringbuf_discard(event, 0);
    return 0;
}

// One record of kind 3, copied.
SEC("xdp") int output(struct xdp_md *ctx)
{
    struct event event = { .kind = 3, .length = 0, .sequence = sequence++ };

    return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

// The size of the ring: BPF_RB_RING_SIZE.
SEC("xdp") int query_size(struct xdp_md *ctx)
{
    return bpf_ringbuf_query(&events, 1);
}

// Bytes that nobody has read yet: BPF_RB_AVAIL_DATA.
SEC("xdp") int query_available(struct xdp_md *ctx)
{
    return bpf_ringbuf_query(&events, 0);
}

// A record larger than the ring is refused.
SEC("xdp") int too_large(struct xdp_md *ctx)
{
    void *event = bpf_ringbuf_reserve(&events, 8192, 0);

    if (!event)
        return 1;
    bpf_ringbuf_discard(event, 0);
    return 0;
}

LICENSE("GPL");
