// Drops UDP packets without a payload and counts them, as an XDP program of XDP for Windows: its verdicts have other numbers than Linux's.
#include "windows.h"

WINDOWS_OBJECT;

struct {
    MAP_NUMBER(type, WINDOWS_MAP_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} dropped SEC(".maps") = {};

// An Ethernet frame with an IPv4 header without options, and a UDP header: what counts is at fixed offsets.
enum { ETHER_TYPE = 12, IP_VERSION = 14, IP_PROTOCOL = 23, UDP_LENGTH = 38, HEADERS = 42, UDP = 17, UDP_HEADER = 8 };

SEC("xdp") int drop(struct xdp_md *ctx)
{
    u8 *packet = ctx->data;
    u32 zero = 0;

    if (packet + HEADERS > ctx->data_end)
        return WINDOWS_XDP_PASS;
    if (packet[ETHER_TYPE] != 0x08 || packet[ETHER_TYPE + 1] != 0x00 || packet[IP_VERSION] != 0x45 || packet[IP_PROTOCOL] != UDP)
        return WINDOWS_XDP_PASS;
    if (packet[UDP_LENGTH] != 0 || packet[UDP_LENGTH + 1] > UDP_HEADER)
        return WINDOWS_XDP_PASS;

    u64 *count = map_lookup(&dropped, &zero);
    if (count)
        __sync_fetch_and_add(count, 1);
    return WINDOWS_XDP_DROP;
}

LICENSE("MIT");
