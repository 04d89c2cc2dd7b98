// Parsers as people write them: headers of variable length, options in loops, nested headers, bounds checks of several forms.
#include "net.h"

#define LOOP _Pragma("clang loop unroll(disable)")

// The checks of one header each; the port of UDP or TCP over IPv4, 0 for anything else.
SEC("xdp") int port(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    struct ethernet_header *ethernet = data;

    if ((void *)(ethernet + 1) > end || ethernet->type != htons(ETHERTYPE_IPV4))
        return 0;
    struct ipv4_header *ip = (void *)(ethernet + 1);
    if ((void *)(ip + 1) > end)
        return 0;
    u32 length = (ip->version_and_length & 15) * 4;
    if (length < sizeof(*ip))
        return 0;
    struct udp_header *udp = (void *)ip + length;
    if ((void *)(udp + 1) > end)
        return 0;
    return ip->protocol == PROTOCOL_UDP || ip->protocol == PROTOCOL_TCP ? ntohs(udp->destination) : 0;
}

// The same test with the other operand first, and with greater-or-equal.
SEC("xdp") int other_checks(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
    int result = 0;

    if (end >= data + 4)
        result += data[3];
    if (!(end < data + 8))
        result += data[7];
    if (data + 11 < end)
        result += data[11];
    return result;
}

// The value of TCP's maximum segment size option; 0 without one. `at` points straight at the options.
SEC("xdp") int segment_size(struct xdp_md *ctx)
{
    u8 *at = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;

    LOOP for (int i = 0; i < 10; i++) {
        if (at + 1 > end || at[0] == 0)
            return 0;
        if (at[0] == 1) { // one byte of padding
            at++;
            continue;
        }
        if (at + 2 > end || at[1] < 2)
            return 0;
        if (at[0] == 2 && at[1] == 4) {
            if (at + 4 > end)
                return 0;
            return at[2] << 8 | at[3];
        }
        at += at[1];
    }
    return 0;
}

// A name as DNS has it, labels with a length each: the number of labels, or -1.
SEC("xdp") int labels(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
    u32 at = 0;
    int count = 0;

    LOOP for (int i = 0; i < 32; i++) {
        if (at > 255 || data + at + 1 > end)
            return -1;
        u32 length = data[at];
        if (length == 0)
            return count;
        if (length > 63)
            return -1;
        at += length + 1;
        count++;
    }
    return -1;
}

// The offset is a variable with an upper bound.
SEC("xdp") int variable_offset(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;

    if (data + 1 > end)
        return -1;
    u32 offset = data[0] & 0x3f;
    u8 *at = data + offset;
    if (at + 2 > end)
        return -2;
    return at[0] << 8 | at[1];
}

// One check for a loop over the packet, up to its end.
SEC("xdp") int sum(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
    u32 total = 0;

    LOOP for (u32 i = 0; i < 200; i++) {
        if (data + i + 1 > end)
            break;
        total += data[i];
    }
    return total;
}

// The packet's pointer goes to a subprogram, with the end beside it.
NOINLINE static int first_word(void *data, void *end)
{
    u32 *word = data;

    if ((void *)(word + 1) > end)
        return -1;
    return *word & 0x7fffffff;
}

SEC("xdp") int in_subprogram(struct xdp_md *ctx)
{
    return first_word((void *)(long)ctx->data, (void *)(long)ctx->data_end);
}

LICENSE("GPL");
