// 64 programs and 64 maps: what it costs to load one program of an object, and what to load them all.
//
// No two bodies are alike: each has its own number of rounds over the packet, constants, map and subprogram. A round reads a byte behind
// its own bounds check, branches on it twice and mixes it in. The context is reached through CO-RE, as in programs made with vmlinux.h.
#include "bpf.h"

struct xdp_md___core {
    u32 data;
    u32 data_end;
    u32 data_meta;
    u32 ingress_ifindex;
} __attribute__((preserve_access_index));

struct counter {
    u64 packets;
    u64 hash;
};

#define FOR_EACH_8(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
// Octal: the number of a program is 0<digit><digit>, 00 to 077.
#define FOR_EACH_64(X) \
    FOR_EACH_8(X, 00) FOR_EACH_8(X, 01) FOR_EACH_8(X, 02) FOR_EACH_8(X, 03) \
    FOR_EACH_8(X, 04) FOR_EACH_8(X, 05) FOR_EACH_8(X, 06) FOR_EACH_8(X, 07)

#define MAP(n) \
    struct { \
        MAP_NUMBER(type, BPF_MAP_TYPE_HASH); \
        MAP_TYPE_OF(key, u32); \
        MAP_TYPE_OF(value, struct counter); \
        MAP_NUMBER(max_entries, 256); \
    } map_##n SEC(".maps");

FOR_EACH_64(MAP)

// A subprogram for every program of its own: it goes where its only caller goes.
#define SUBPROGRAM(n) \
    static NOINLINE u64 mix_##n(u64 hash, u32 byte) \
    { \
        hash ^= byte + 0x9e3779b9 + n; \
        if (hash & (1 + n)) \
            hash *= 0x100000001b3ull + 2 * n; \
        else \
            hash = (hash << 7) | (hash >> 57); \
        return hash ^ (hash >> (1 + n % 31)); \
    }

FOR_EACH_64(SUBPROGRAM)

#define ROUNDS(n) (9 + (n * 5) % 11)

#define PROGRAM(n) \
    SEC("xdp") int program_##n(struct xdp_md *context) \
    { \
        struct xdp_md___core *md = (void *)context; \
        u8 *data = (u8 *)(u64)md->data, *end = (u8 *)(u64)md->data_end; \
        u64 hash = 0xcbf29ce484222325ull + n; \
        u32 key = md->ingress_ifindex & 0xff, seen = 0; \
        _Pragma("unroll") for (int i = 0; i < ROUNDS(n); i++) \
        { \
            u8 *byte = data + i * 2 + n % 4; \
            if (byte + 2 > end) \
                break; \
            u32 value = byte[0] | byte[1] << 8; \
            hash ^= value * (0x85ebca6bu + n + i); \
            if (value & (1u << (i % 8))) { \
                hash += (hash << 5) ^ (i + 0xc2b2ae35u); \
                seen++; \
            } \
            hash = (hash << (1 + i % 13)) | (hash >> (63 - i % 13)); \
            if (value > 0x8000u + n * 97 + i) \
                hash ^= hash >> (17 + i % 5); \
        } \
        hash = mix_##n(hash, seen); \
        struct counter *counter = bpf_map_lookup_elem(&map_##n, &key); \
        if (counter) { \
            counter->packets++; \
            counter->hash ^= hash; \
        } else { \
            struct counter first = { 1, hash }; \
            bpf_map_update_elem(&map_##n, &key, &first, BPF_ANY); \
        } \
        return hash & 1 ? XDP_PASS : XDP_DROP; \
    }

FOR_EACH_64(PROGRAM)

LICENSE("GPL");
