// The context of an XDP program, and the helpers that change the packet's bounds.
#include "bpf.h"

// Every field: length + 1000 * interface + 100000 * queue
SEC("xdp") int fields(struct xdp_md *ctx)
{
    u32 length = ctx->data_end - ctx->data;
    u32 meta = ctx->data - ctx->data_meta;

    return length + meta + 1000 * ctx->ingress_ifindex + 100000 * ctx->rx_queue_index;
}

// Cuts four bytes off the front; the packet's pointers must be read anew.
SEC("xdp") int cut_front(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_head(ctx, 4))
        return -1;
    return ctx->data_end - ctx->data;
}

// Adds eight bytes in front and fills them in.
SEC("xdp") int add_front(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_head(ctx, -8))
        return -1;

    u64 *data = (u64 *)(long)ctx->data;
    if ((void *)(data + 1) > (void *)(long)ctx->data_end)
        return -2;
    *data = 0x0102030405060708;
    return XDP_PASS;
}

SEC("xdp") int cut_end(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_tail(ctx, -10))
        return -1;
    return ctx->data_end - ctx->data;
}

// Bytes that grow at the end are zero.
SEC("xdp") int add_end(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_tail(ctx, 16))
        return -1;
    return ctx->data_end - ctx->data;
}

// More than there is: -EINVAL.
SEC("xdp") int cut_too_much(struct xdp_md *ctx)
{
    return bpf_xdp_adjust_tail(ctx, -100000);
}

// Four bytes before the packet, which the next program would see.
SEC("xdp") int meta(struct xdp_md *ctx)
{
    if (bpf_xdp_adjust_meta(ctx, -4))
        return -1;

    u32 *meta = (u32 *)(long)ctx->data_meta;
    if ((void *)(meta + 1) > (void *)(long)ctx->data)
        return -2;
    *meta = 42;
    return *meta + (ctx->data - ctx->data_meta);
}

// Swaps the two addresses of an Ethernet header.
SEC("xdp") int swap(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data;
    u8 first[6], second[6];

    if (data + 12 > (u8 *)(long)ctx->data_end)
        return XDP_DROP;
    __builtin_memcpy(first, data, 6);
    __builtin_memcpy(second, data + 6, 6);
    __builtin_memcpy(data, second, 6);
    __builtin_memcpy(data + 6, first, 6);
    return XDP_TX;
}

// Through helpers instead of pointers.
SEC("xdp") int load_and_store(struct xdp_md *ctx)
{
    u32 value = 0;

    if (bpf_xdp_load_bytes(ctx, 2, &value, 4))
        return -1;
    value = ~value;
    if (bpf_xdp_store_bytes(ctx, 6, &value, 4))
        return -2;
    return bpf_xdp_load_bytes(ctx, 100000, &value, 4);
}

LICENSE("GPL");
