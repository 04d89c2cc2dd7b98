// A congestion control of TCP as a table of functions: registered under its name, without a link. The function in .text is there so that programs
// and functions are counted differently.
#include "bpf.h"

LICENSE("GPL");

struct sock;

struct tcp_congestion_ops {
    u32 (*ssthresh)(struct sock *sk);
    void (*cong_avoid)(struct sock *sk, u32 ack, u32 acked);
    u32 (*undo_cwnd)(struct sock *sk);
    char name[16];
    // The kernel has none such: zero, so it does no harm.
    u64 not_there;
};

u64 calls = 0;

NOINLINE u32 between(u32 least, u32 most)
{
    volatile u32 value = least + most;
    return value / 2;
}

SEC("struct_ops/ssthresh") u32 threshold(u64 *ctx)
{
    __sync_fetch_and_add(&calls, 1);
    return between(2, 4);
}

SEC("struct_ops/cong_avoid") void avoid(u64 *ctx)
{
    __sync_fetch_and_add(&calls, 1);
}

SEC("struct_ops/undo_cwnd") u32 undo(u64 *ctx)
{
    return 10;
}

SEC(".struct_ops") struct tcp_congestion_ops ours = {
    .ssthresh = (void *)threshold,
    .cong_avoid = (void *)avoid,
    .undo_cwnd = (void *)undo,
    .name = "ebpf_test",
};
