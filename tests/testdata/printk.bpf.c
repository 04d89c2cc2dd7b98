// bpf_printk: formats, their results, and those that the helper refuses.
#include "bpf.h"

// Prints "hello 64 -1 ffffffffffffffff", and returns the number of its characters, 28.
SEC("xdp") int hello(struct xdp_md *ctx)
{
    return bpf_printk("hello %u %d %llx", ctx->data_end - ctx->data, -1, -1ll);
}

SEC("xdp") int plain(struct xdp_md *ctx)
{
    return bpf_printk("nothing to fill in");
}

SEC("xdp") int percent(struct xdp_md *ctx)
{
    return bpf_printk("100%%");
}

// A conversion that BPF does not know: -EINVAL.
SEC("xdp") int unknown_conversion(struct xdp_md *ctx)
{
    return bpf_printk("%w", 1);
}

// More than three values, as an array.
SEC("xdp") int many(struct xdp_md *ctx)
{
    static const char format[] = "%d %d %d %d %d";
    u64 values[5] = { 1, 2, 3, 4, 5 };

    return bpf_trace_vprintk(format, sizeof(format), values, sizeof(values));
}

// "n=42 0x2a", into a buffer of the program: 10 with the final zero.
SEC("xdp") int to_buffer(struct xdp_md *ctx)
{
    static const char format[] = "n=%d 0x%x";
    char text[32] = {};
    u64 values[2] = { 42, 42 };
    int length = bpf_snprintf(text, sizeof(text), format, values, sizeof(values));

    return text[2] == '4' && text[8] == 'a' ? length : -1;
}

LICENSE("GPL");
