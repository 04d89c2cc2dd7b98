// eBPF for Windows' numbers: map types, helpers, contexts and results that differ from Linux's. Its objects are known by a section of their own.
// The numbers are those of include/ebpf_structs.h, ebpf_nethooks.h and ebpf_result.h of eBPF for Windows; the header stands alone, as bpf.h does.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define NULL ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
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

// ebpf_result_t: helpers return them negated.
enum {
    EBPF_INVALID_ARGUMENT = 6,
    EBPF_OBJECT_NOT_FOUND = 7,
    EBPF_KEY_NOT_FOUND = 19,
    EBPF_KEY_ALREADY_EXISTS = 26,
    EBPF_OUT_OF_SPACE = 29,
};

// Flags of an update.
enum {
    BPF_ANY = 0,
    BPF_NOEXIST = 1,
    BPF_EXIST = 2,
};

// bind_operation_t and bind_action_t.
enum bind_operation { BIND_OPERATION_BIND, BIND_OPERATION_POST_BIND, BIND_OPERATION_UNBIND };
enum bind_action { BIND_PERMIT_SOFT, BIND_DENY, BIND_REDIRECT, BIND_PERMIT_HARD };

// ebpf_sock_addr_verdict_t, and what XDP for Windows calls its verdicts.
enum sock_addr_verdict { SOCK_ADDR_REJECT, SOCK_ADDR_PROCEED_SOFT, SOCK_ADDR_PROCEED_HARD };
enum windows_xdp_action { WINDOWS_XDP_PASS = 1, WINDOWS_XDP_DROP, WINDOWS_XDP_TX };

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
WINDOWS_HELPER(20, u64, logon_id, const void *ctx);
WINDOWS_HELPER(21, int, is_admin, const void *ctx);
WINDOWS_HELPER(22, int, memcpy_s, void *to, u64 to_size, const void *from, u64 from_size);

// Helpers of one program type begin at 65536 and mean something else for another.
WINDOWS_HELPER(65537, int, set_redirect_context, void *ctx, const void *data, u32 size);
WINDOWS_HELPER(65538, int, get_network_context, void *ctx, void *context, u32 size);

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

struct sock_addr {
    u32 family;
    u32 msg_src_ip[4];
    u16 msg_src_port; // big-endian, as every address and port here
    u32 user_ip[4];
    u16 user_port;
    u32 protocol;
    u32 compartment_id;
    u64 interface_luid;
};

struct network_context {
    u32 version;
    u32 interface_type;
    u32 tunnel_type;
    u64 next_hop_interface_luid;
    u32 sub_interface_index;
};
