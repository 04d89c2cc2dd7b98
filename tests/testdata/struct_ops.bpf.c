// Tables of functions for the kernel: members are programs, numbers and strings; one table is optional, and starts without its map.
#include "bpf.h"

struct sock;

// As much of the kernel's 'struct tcp_congestion_ops' as is filled in: libbpf matches members by name.
struct tcp_congestion_ops {
    u32 (*ssthresh)(struct sock *sk);
    void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
    u32 (*undo_cwnd)(struct sock *sk);
    u32 flags;
    char name[16];
};

SEC("struct_ops/ssthresh") u32 threshold(u64 *ctx)
{
    return 2;
}

SEC("struct_ops/cong_avoid") void avoid(u64 *ctx)
{
}

SEC("struct_ops") u32 undo(u64 *ctx)
{
    return 10;
}

// Nobody's member.
SEC("?struct_ops") u32 unreferenced(u64 *ctx)
{
    return 1;
}

SEC(".struct_ops") struct tcp_congestion_ops plain = {
    .ssthresh = (void *)threshold,
    .cong_avoid = (void *)avoid,
    .undo_cwnd = (void *)undo,
    .name = "our_plain",
};

SEC(".struct_ops.link") struct tcp_congestion_ops linked = {
    .ssthresh = (void *)threshold,
    .cong_avoid = (void *)avoid,
    .undo_cwnd = (void *)undo,
    .name = "our_linked",
};

SEC("?.struct_ops.link") struct tcp_congestion_ops optional = {
    .ssthresh = (void *)threshold,
    .cong_avoid = (void *)avoid,
    .undo_cwnd = (void *)undo,
    .name = "our_optional",
};

LICENSE("GPL");
