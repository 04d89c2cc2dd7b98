// A small stateless firewall for XDP: the first of up to sixteen rules that matches a packet decides, and counts it.
//
// The host fills `rules` and may set `default_action` before the program is loaded; it reads `hits`, one counter per rule and a last one
// for packets that matched none, and the totals in .bss. Packets that are neither IPv4 nor IPv6 pass; those cut short are dropped.
#include "net.h"

#define MAX_RULES 16
#define MAX_VLAN_TAGS 2
#define MAX_EXTENSION_HEADERS 4

// What a rule wants. A member of zero matches everything; ports are in host byte order, addresses as on the wire.
struct rule {
    u32 action; // an xdp_action; 0 ends the list
    u8 family;  // 4 or 6
    u8 protocol;
    u16 first_port; // of the destination
    u16 last_port;
    u16 source_prefix; // bits of `source` that count
    u32 source[4];     // an IPv4 address is in the first
};

struct counter {
    u64 packets;
    u64 bytes;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, MAX_RULES);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct rule);
} rules SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    MAP_NUMBER(max_entries, MAX_RULES + 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct counter);
} hits SEC(".maps") = {};

volatile const u32 default_action = XDP_PASS;

u64 seen_packets;
u64 malformed_packets;

// What rules look at.
struct packet {
    u8 family;
    u8 protocol;
    u16 port; // of the destination, in host byte order; 0 where there is none
    u32 source[4];
};

enum parse_result { PARSED, NOT_IP, MALFORMED };

// A place in the packet, and where the packet ends: nothing may be read before it is compared with the end.
struct cursor {
    void *at;
    void *end;
};

// Steps over a header of this type, or leaves the function: the packet is too short for it.
#define TAKE(cursor, header)                       \
    ({                                             \
        typeof(*(header)) *taken = (cursor)->at;   \
        if ((void *)(taken + 1) > (cursor)->end)   \
            return MALFORMED;                      \
        (cursor)->at = taken + 1;                  \
        (header) = taken;                          \
    })

INLINE enum parse_result parse_ports(struct cursor *cursor, struct packet *packet)
{
    struct tcp_header *tcp;
    struct udp_header *udp;

    switch (packet->protocol) {
    case PROTOCOL_TCP:
        TAKE(cursor, tcp);
        packet->port = ntohs(tcp->destination);
        break;
    case PROTOCOL_UDP:
        TAKE(cursor, udp);
        packet->port = ntohs(udp->destination);
        break;
    }
    return PARSED;
}

INLINE enum parse_result parse_ipv4(struct cursor *cursor, struct packet *packet)
{
    struct ipv4_header *ip;
    void *start = cursor->at;

    TAKE(cursor, ip);
    u32 length = (ip->version_and_length & 0x0f) * 4;
    if (length < sizeof(*ip))
        return MALFORMED;

    packet->family = 4;
    packet->protocol = ip->protocol;
    packet->source[0] = ip->source;

    if (ntohs(ip->fragment) & 0x1fff) // a later fragment has no ports
        return PARSED;

    cursor->at = start + length; // options, if any, are between
    return parse_ports(cursor, packet);
}

INLINE enum parse_result parse_ipv6(struct cursor *cursor, struct packet *packet)
{
    struct ipv6_header *ip;
    struct ipv6_extension *extension;

    TAKE(cursor, ip);
    packet->family = 6;
    packet->protocol = ip->next;
    __builtin_memcpy(packet->source, ip->source, sizeof(packet->source));

    for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
        u8 protocol = packet->protocol;
        if (protocol != PROTOCOL_HOP_BY_HOP && protocol != PROTOCOL_ROUTING && protocol != PROTOCOL_DESTINATION)
            break;
        void *start = cursor->at;
        TAKE(cursor, extension);
        packet->protocol = extension->next;
        cursor->at = start + 8 + extension->length * 8;
    }
    return parse_ports(cursor, packet);
}

INLINE enum parse_result parse(struct cursor *cursor, struct packet *packet)
{
    struct ethernet_header *ethernet;
    struct vlan_tag *tag;

    TAKE(cursor, ethernet);
    u16 type = ntohs(ethernet->type);

    for (int i = 0; i < MAX_VLAN_TAGS; i++) {
        if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ)
            break;
        TAKE(cursor, tag);
        type = ntohs(tag->type);
    }

    switch (type) {
    case ETHERTYPE_IPV4:
        return parse_ipv4(cursor, packet);
    case ETHERTYPE_IPV6:
        return parse_ipv6(cursor, packet);
    default:
        return NOT_IP;
    }
}

// Whether the first `prefix` bits of two addresses are the same. The loop has one turn per 32-bit word, and no early exit: it stays small.
INLINE int same_network(const u32 *a, const u32 *b, u32 prefix)
{
    u32 differing = 0;

    for (u32 i = 0; i < 4; i++) {
        u32 from = i * 32;
        u32 bits = prefix <= from ? 0 : prefix - from;
        u32 mask = bits == 0 ? 0 : bits >= 32 ? ~0u : ~0u << (32 - bits);
        differing |= (a[i] ^ b[i]) & htonl(mask);
    }
    return differing == 0;
}

// Not inlined: one body serves every turn of the loop over the rules.
NOINLINE static int matches(const struct rule *rule, const struct packet *packet)
{
    if (rule->family && rule->family != packet->family)
        return 0;
    if (rule->protocol && rule->protocol != packet->protocol)
        return 0;
    if (rule->last_port && (packet->port < rule->first_port || packet->port > rule->last_port))
        return 0;
    return same_network(rule->source, packet->source, rule->source_prefix);
}

INLINE void count(u32 rule, u64 bytes)
{
    struct counter *counter = bpf_map_lookup_elem(&hits, &rule);
    if (counter) {
        counter->packets++;
        counter->bytes += bytes;
    }
}

SEC("xdp") int firewall(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *end = (void *)(long)ctx->data_end;
    struct cursor cursor = { data, end };
    struct packet packet = {};

    __sync_fetch_and_add(&seen_packets, 1);

    switch (parse(&cursor, &packet)) {
    case NOT_IP:
        return XDP_PASS;
    case MALFORMED:
        __sync_fetch_and_add(&malformed_packets, 1);
        return XDP_DROP;
    case PARSED:
        break;
    }

    u64 bytes = end - data;
#pragma clang loop unroll(disable)
    for (u32 i = 0; i < MAX_RULES; i++) {
        u32 key = i;
        struct rule *rule = bpf_map_lookup_elem(&rules, &key);
        if (!rule || rule->action == 0)
            break;
        if (matches(rule, &packet)) {
            count(i, bytes);
            return rule->action;
        }
    }

    count(MAX_RULES, bytes);
    return default_action;
}

LICENSE("Dual MIT/GPL");
