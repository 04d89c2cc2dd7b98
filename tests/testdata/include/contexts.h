// The contexts of program types other than XDP, as the kernel's user headers have them.
#pragma once

#include "bpf.h"

// 'struct __sk_buff': socket filters, traffic control and cgroup programs.
struct __sk_buff {
    u32 len;
    u32 pkt_type;
    u32 mark;
    u32 queue_mapping;
    u32 protocol;
    u32 vlan_present;
    u32 vlan_tci;
    u32 vlan_proto;
    u32 priority;
    u32 ingress_ifindex;
    u32 ifindex;
    u32 tc_index;
    u32 cb[5];
    u32 hash;
    u32 tc_classid;
    u32 data;
    u32 data_end;
    u32 napi_id;
    u32 family;
    u32 remote_ip4;
    u32 local_ip4;
    u32 remote_ip6[4];
    u32 local_ip6[4];
    u32 remote_port;
    u32 local_port;
    u32 data_meta;
    u64 flow_keys;
    u64 tstamp;
    u32 wire_len;
    u32 gso_segs;
    u64 sk;
    u32 gso_size;
    u8 tstamp_type;
    u8 : 8;
    u16 : 16;
    u64 hwtstamp;
};

// 'struct bpf_raw_tracepoint_args'
struct bpf_raw_tracepoint_args {
    u64 args[0];
};

// 'struct pt_regs' of x86-64: what a kprobe sees.
struct pt_regs {
    u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

// What a tracing program's arguments look like: 64 bits each.
struct tracing_args {
    u64 arg[6];
};

enum { TC_ACT_UNSPEC = -1, TC_ACT_OK = 0, TC_ACT_SHOT = 2, TC_ACT_STOLEN = 4, TC_ACT_REDIRECT = 7 };
