// The packet headers that our programs parse, in network byte order, and the conversions between that and the host's.
#pragma once

#include "bpf.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ntohs(value) __builtin_bswap16(value)
#define ntohl(value) __builtin_bswap32(value)
#else
#define ntohs(value) (value)
#define ntohl(value) (value)
#endif
#define htons(value) ntohs(value)
#define htonl(value) ntohl(value)

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_QINQ = 0x88a8,
};

enum {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_ICMPV6 = 58,
    PROTOCOL_DESTINATION = 60,
};

struct ethernet_header {
    u8 destination[6];
    u8 source[6];
    u16 type;
};

struct vlan_tag {
    u16 control;
    u16 type;
};

struct ipv4_header {
    u8 version_and_length;
    u8 service;
    u16 total_length;
    u16 id;
    u16 fragment;
    u8 ttl;
    u8 protocol;
    u16 checksum;
    u32 source;
    u32 destination;
};

struct ipv6_header {
    u32 version_and_flow;
    u16 payload_length;
    u8 next;
    u8 hop_limit;
    u32 source[4];
    u32 destination[4];
};

// An extension header of IPv6; its length counts units of eight bytes beyond the first.
struct ipv6_extension {
    u8 next;
    u8 length;
    u8 rest[6];
};

struct tcp_header {
    u16 source;
    u16 destination;
    u32 sequence;
    u32 acknowledgement;
    u16 flags;
    u16 window;
    u16 checksum;
    u16 urgent;
};

struct udp_header {
    u16 source;
    u16 destination;
    u16 length;
    u16 checksum;
};
