// What a BPF program written in C needs to know of its kernel: section names, map definitions, helper numbers, contexts.
//
// The numbers are the kernel's (include/uapi/linux/bpf.h). The header stands alone, so that clang is the only thing that it takes
// to rebuild the objects: clang -target bpf -O2 -g -I samples/include -c map.bpf.c -o map.o
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

#define NULL ((void *)0)

// A program, map or licence is found by the ELF section that it is in.
#define SEC(name) __attribute__((section(name), used))
#define LICENSE(text) char _license[] SEC("license") = text

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define WEAK __attribute__((weak))
#define HIDDEN __attribute__((visibility("hidden")))

// An attribute of a map in SEC(".maps"). Nothing of it is in the data of the section: a number is the length of an array in the
// member's BTF type, a type is what the member points to, and an array member carries inner maps or static initialisers.
#define MAP_NUMBER(name, value) int (*name)[value]
#define MAP_TYPE_OF(name, type) typeof(type) *name
#define MAP_ARRAY_OF(name, type) typeof(type) *name[]

// enum bpf_map_type
enum bpf_map_type {
    BPF_MAP_TYPE_HASH = 1,
    BPF_MAP_TYPE_ARRAY = 2,
    BPF_MAP_TYPE_PROG_ARRAY = 3,
    BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,
    BPF_MAP_TYPE_PERCPU_HASH = 5,
    BPF_MAP_TYPE_PERCPU_ARRAY = 6,
    BPF_MAP_TYPE_STACK_TRACE = 7,
    BPF_MAP_TYPE_CGROUP_ARRAY = 8,
    BPF_MAP_TYPE_LRU_HASH = 9,
    BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,
    BPF_MAP_TYPE_LPM_TRIE = 11,
    BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
    BPF_MAP_TYPE_HASH_OF_MAPS = 13,
    BPF_MAP_TYPE_DEVMAP = 14,
    BPF_MAP_TYPE_SOCKMAP = 15,
    BPF_MAP_TYPE_CPUMAP = 16,
    BPF_MAP_TYPE_XSKMAP = 17,
    BPF_MAP_TYPE_SOCKHASH = 18,
    BPF_MAP_TYPE_QUEUE = 22,
    BPF_MAP_TYPE_STACK = 23,
    BPF_MAP_TYPE_SK_STORAGE = 24,
    BPF_MAP_TYPE_DEVMAP_HASH = 25,
    BPF_MAP_TYPE_STRUCT_OPS = 26,
    BPF_MAP_TYPE_RINGBUF = 27,
    BPF_MAP_TYPE_TASK_STORAGE = 29,
    BPF_MAP_TYPE_BLOOM_FILTER = 30,
    BPF_MAP_TYPE_USER_RINGBUF = 31,
    BPF_MAP_TYPE_CGRP_STORAGE = 32,
    BPF_MAP_TYPE_ARENA = 33,
};

// Flags of an update, and of the creation of a map.
enum {
    BPF_ANY = 0,
    BPF_NOEXIST = 1,
    BPF_EXIST = 2,
    BPF_F_LOCK = 4,
};

enum {
    BPF_F_NO_PREALLOC = 1 << 0,
    BPF_F_NO_COMMON_LRU = 1 << 1,
    BPF_F_NUMA_NODE = 1 << 2,
    BPF_F_RDONLY = 1 << 3,
    BPF_F_WRONLY = 1 << 4,
    BPF_F_ZERO_SEED = 1 << 6,
    BPF_F_RDONLY_PROG = 1 << 7,
    BPF_F_WRONLY_PROG = 1 << 8,
    BPF_F_MMAPABLE = 1 << 10,
    BPF_F_INNER_MAP = 1 << 12,
};

// The errors that map helpers return, negated.
enum {
    ENOENT = 2,
    E2BIG = 7,
    EAGAIN = 11,
    ENOMEM = 12,
    EFAULT = 14,
    EBUSY = 16,
    EEXIST = 17,
    EINVAL = 22,
    ENOSPC = 28,
};

// What an XDP program says is to be done with the packet.
enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

// 'struct xdp_md': the context of an XDP program. The first two members are addresses once the verifier has widened them.
struct xdp_md {
    u32 data;
    u32 data_end;
    u32 data_meta;
    u32 ingress_ifindex;
    u32 rx_queue_index;
    u32 egress_ifindex;
};

// A helper is called by its number: a call to the constant "address" n compiles to the instruction `call n`.
//
// The results of map helpers are ints here, not longs as in the kernel's own headers: before Linux 6.4 the upper half of the register
// was not a sign extension, so that `long r = bpf_map_push_elem(...)` compared unequal to -E2BIG there, and equal from 6.4 on.
#define BPF_HELPER(id, result, name, ...) static result (*const name)(__VA_ARGS__) __attribute__((unused)) = (void *)(id)

BPF_HELPER(1, void *, bpf_map_lookup_elem, void *map, const void *key);
BPF_HELPER(2, int, bpf_map_update_elem, void *map, const void *key, const void *value, u64 flags);
BPF_HELPER(3, int, bpf_map_delete_elem, void *map, const void *key);
BPF_HELPER(4, int, bpf_probe_read, void *to, u32 size, const void *from);
BPF_HELPER(5, u64, bpf_ktime_get_ns, void);
BPF_HELPER(6, int, bpf_trace_printk, const char *format, u32 format_size, ...);
BPF_HELPER(7, u32, bpf_get_prandom_u32, void);
BPF_HELPER(8, u32, bpf_get_smp_processor_id, void);
BPF_HELPER(9, int, bpf_skb_store_bytes, void *ctx, u32 offset, const void *from, u32 size, u64 flags);
BPF_HELPER(12, int, bpf_tail_call, void *ctx, void *prog_array, u32 index);
BPF_HELPER(14, u64, bpf_get_current_pid_tgid, void);
BPF_HELPER(15, u64, bpf_get_current_uid_gid, void);
BPF_HELPER(16, int, bpf_get_current_comm, void *to, u32 size);
BPF_HELPER(23, int, bpf_redirect, u32 ifindex, u64 flags);
BPF_HELPER(25, int, bpf_perf_event_output, void *ctx, void *map, u64 flags, void *data, u64 size);
BPF_HELPER(26, int, bpf_skb_load_bytes, const void *ctx, u32 offset, void *to, u32 size);
BPF_HELPER(28, s64, bpf_csum_diff, const u32 *from, u32 from_size, const u32 *to, u32 to_size, u32 seed);
BPF_HELPER(44, int, bpf_xdp_adjust_head, void *ctx, int delta);
BPF_HELPER(51, int, bpf_redirect_map, void *map, u64 key, u64 flags);
BPF_HELPER(54, int, bpf_xdp_adjust_meta, void *ctx, int delta);
BPF_HELPER(65, int, bpf_xdp_adjust_tail, void *ctx, int delta);
BPF_HELPER(87, int, bpf_map_push_elem, void *map, const void *value, u64 flags);
BPF_HELPER(88, int, bpf_map_pop_elem, void *map, void *value);
BPF_HELPER(89, int, bpf_map_peek_elem, void *map, void *value);
BPF_HELPER(93, void, bpf_spin_lock, void *lock);
BPF_HELPER(94, void, bpf_spin_unlock, void *lock);
BPF_HELPER(113, int, bpf_probe_read_kernel, void *to, u32 size, const void *from);
BPF_HELPER(118, u64, bpf_jiffies64, void);
BPF_HELPER(125, u64, bpf_ktime_get_boot_ns, void);
BPF_HELPER(130, int, bpf_ringbuf_output, void *ringbuf, void *data, u64 size, u64 flags);
BPF_HELPER(131, void *, bpf_ringbuf_reserve, void *ringbuf, u64 size, u64 flags);
BPF_HELPER(132, void, bpf_ringbuf_submit, void *data, u64 flags);
BPF_HELPER(133, void, bpf_ringbuf_discard, void *data, u64 flags);
BPF_HELPER(134, u64, bpf_ringbuf_query, void *ringbuf, u64 flags);
BPF_HELPER(164, int, bpf_for_each_map_elem, void *map, void *callback, void *callback_ctx, u64 flags);
BPF_HELPER(165, int, bpf_snprintf, char *to, u32 size, const char *format, u64 *data, u32 data_size);
BPF_HELPER(177, int, bpf_trace_vprintk, const char *format, u32 format_size, const void *data, u32 data_size);
BPF_HELPER(181, int, bpf_loop, u32 iterations, void *callback, void *callback_ctx, u64 flags);
BPF_HELPER(182, int, bpf_strncmp, const char *a, u32 a_size, const char *b);
BPF_HELPER(189, int, bpf_xdp_load_bytes, struct xdp_md *ctx, u32 offset, void *to, u32 size);
BPF_HELPER(190, int, bpf_xdp_store_bytes, struct xdp_md *ctx, u32 offset, void *from, u32 size);
BPF_HELPER(195, void *, bpf_map_lookup_percpu_elem, void *map, const void *key, u32 cpu);

// Prints with up to three arguments; the format lives in .rodata.
#define bpf_printk(format, ...)                                          \
    ({                                                                   \
        static const char text[] = format;                               \
        bpf_trace_printk(text, sizeof(text), ##__VA_ARGS__);             \
    })
