// eBPF for Windows' numbers: map types, helpers and contexts that differ from Linux's. Its objects are known by a section of their own.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define NULL ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define LICENSE(text) char _license[] SEC("license") = text
#define MAP_NUMBER(name, value) int (*name)[value]
#define MAP_TYPE_OF(name, type) typeof(type) *name
#define WINDOWS_OBJECT const char _ebpf_version[] SEC(".ebpf_for_windows") = "1.0.0"

enum {
    WINDOWS_MAP_HASH = 1,
    WINDOWS_MAP_ARRAY = 2,
    WINDOWS_MAP_PROG_ARRAY = 3,
    WINDOWS_MAP_PERCPU_HASH = 4,
    WINDOWS_MAP_PERCPU_ARRAY = 5,
    WINDOWS_MAP_LRU_HASH = 8,
    WINDOWS_MAP_QUEUE = 10,
    WINDOWS_MAP_LRU_PERCPU_HASH = 11,
    WINDOWS_MAP_STACK = 12,
    WINDOWS_MAP_RINGBUF = 13,
};

#define WINDOWS_HELPER(id, result, name, ...) static result (*const name)(__VA_ARGS__) __attribute__((unused)) = (void *)(id)

WINDOWS_HELPER(1, void *, map_lookup, void *map, const void *key);
WINDOWS_HELPER(2, int, map_update, void *map, const void *key, const void *value, u64 flags);
WINDOWS_HELPER(3, int, map_delete, void *map, const void *key);
WINDOWS_HELPER(4, void *, map_lookup_and_delete, void *map, const void *key);
WINDOWS_HELPER(5, int, tail_call, void *ctx, void *programs, u32 index);
WINDOWS_HELPER(9, u64, ktime_ns, void);
WINDOWS_HELPER(11, int, ringbuf_output, void *ring, void *data, u64 size, u64 flags);
WINDOWS_HELPER(16, int, map_push, void *map, const void *value, u64 flags);
WINDOWS_HELPER(17, int, map_pop, void *map, void *value);
WINDOWS_HELPER(18, int, map_peek, void *map, void *value);
WINDOWS_HELPER(19, u64, pid_tgid, void);

// Contexts hold 64-bit pointers.
struct xdp_md {
    u8 *data;
    u8 *data_end;
    u64 data_meta;
    u32 ingress_ifindex;
};

struct bind_md {
    u8 *app_id_start;
    u8 *app_id_end;
    u64 process_id;
    u8 socket_address[16];
    u8 socket_address_length;
    u32 operation;
    u8 protocol;
};

struct sample_md {
    u8 *data_start;
    u8 *data_end;
    u32 uint32_data;
    u16 uint16_data;
};
