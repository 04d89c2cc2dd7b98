// One program for each way to attach to the network and to control groups. Each counts what it sees in a slot of `hits`.
#include "contexts.h"

LICENSE("GPL");

enum slot { XDP, XDP_OTHER, TC, TC_OTHER, CGROUP_INGRESS, CGROUP_EGRESS, CGROUP_CONNECT, CGROUP_CREATE, LOOKUP, DISSECTOR, SOCKET, VERDICT, NETFILTER, REUSEPORT, SLOTS = 32 };

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
    MAP_NUMBER(max_entries, SLOTS);
} hits SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_SOCKMAP);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
    MAP_NUMBER(max_entries, 4);
} sockets SEC(".maps");

INLINE void hit(u32 slot)
{
    u64 *found = bpf_map_lookup_elem(&hits, &slot);
    if (found)
        __sync_fetch_and_add(found, 1);
}

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
    hit(XDP);
    return XDP_PASS;
}

SEC("xdp")
int xdp_drop(struct xdp_md *ctx)
{
    hit(XDP_OTHER);
    return XDP_DROP;
}

SEC("tc")
int tc_next(struct __sk_buff *ctx)
{
    hit(TC);
    return TC_ACT_UNSPEC;
}

SEC("tcx/ingress")
int tc_drop(struct __sk_buff *ctx)
{
    hit(TC_OTHER);
    return TC_ACT_SHOT;
}

SEC("netkit/primary")
int netkit_next(struct __sk_buff *ctx)
{
    hit(TC);
    return -1;
}

SEC("cgroup_skb/ingress")
int cgroup_in(struct __sk_buff *ctx)
{
    hit(CGROUP_INGRESS);
    return 1;
}

SEC("cgroup_skb/egress")
int cgroup_out(struct __sk_buff *ctx)
{
    hit(CGROUP_EGRESS);
    return 1;
}

SEC("cgroup_skb/egress")
int cgroup_out_none(struct __sk_buff *ctx)
{
    hit(CGROUP_EGRESS);
    return 0;
}

SEC("cgroup/connect4")
int refuse_connect(void *ctx)
{
    hit(CGROUP_CONNECT);
    return 0;
}

SEC("cgroup/sock_create")
int count_create(void *ctx)
{
    hit(CGROUP_CREATE);
    return 1;
}

SEC("sk_lookup")
int look_up(void *ctx)
{
    hit(LOOKUP);
    return 1;
}

SEC("flow_dissector")
int dissect(struct __sk_buff *ctx)
{
    hit(DISSECTOR);
    // BPF_FLOW_DISSECTOR_CONTINUE: the kernel's own goes on.
    return 129;
}

SEC("socket")
int filter_none(struct __sk_buff *ctx)
{
    hit(SOCKET);
    return 0;
}

SEC("sk_reuseport")
int select_any(void *ctx)
{
    hit(REUSEPORT);
    // SK_PASS without a choice: the kernel chooses.
    return 1;
}

SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff *ctx)
{
    hit(VERDICT);
    // SK_PASS
    return 1;
}

SEC("netfilter")
int accept(void *ctx)
{
    hit(NETFILTER);
    // NF_ACCEPT
    return 1;
}
