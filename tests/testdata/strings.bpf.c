// String literals: clang puts them into mergeable sections such as .rodata.str1.1, which become maps like other read-only data.
#include "bpf.h"


// 1: the packet starts with "hello", 2: with "world", 0: with neither.
SEC("xdp") int greets(struct xdp_md *ctx)
{
    char text[5];

    if (bpf_xdp_load_bytes(ctx, 0, text, sizeof(text)))
        return 0;
    if (bpf_strncmp(text, 5, "hello") == 0)
        return 1;
    if (bpf_strncmp(text, 5, "world") == 0)
        return 2;
    return 0;
}

SEC("xdp") int prints(struct xdp_md *ctx)
{
    char format[] = "on the stack: %d";

    bpf_trace_printk("literal\n", 9);
    bpf_trace_printk(format, sizeof(format), 42);
    bpf_printk("in rodata: %u %s %llx", 7, "literal", 0x1234567890ull);
    return 0;
}

LICENSE("GPL");
