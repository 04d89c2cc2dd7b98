// The context of traffic control programs, 'struct __sk_buff': what may be read, what may be written, and the helpers for the bytes.
#include "contexts.h"
#include "net.h"

// Fields that a test run sets by itself: the length of the packet and its protocol.
SEC("tc") int fields(struct __sk_buff *skb)
{
    return skb->len + skb->protocol;
}

// What the host gives in the context: mark, priority, cb, ifindex, tstamp, …
SEC("tc") int given(struct __sk_buff *skb)
{
    return skb->mark + skb->priority + skb->cb[0] + skb->cb[4] + (u32)skb->tstamp;
}

SEC("tc") int writes(struct __sk_buff *skb)
{
    skb->mark = 11;
    skb->priority = 22;
    skb->cb[1] = 33;
    skb->tc_classid = 44;
    skb->tstamp = 55;
    return skb->mark + skb->priority + skb->cb[1] + skb->tc_classid + (u32)skb->tstamp;
}

// Narrower loads than the field is wide: each byte of the mark, and a half of cb.
SEC("tc") int narrow(struct __sk_buff *skb)
{
    volatile u8 *mark = (u8 *)&skb->mark;
    volatile u16 *cb = (u16 *)&skb->cb[2];

    return mark[0] + mark[1] * 2 + mark[2] * 3 + mark[3] * 4 + cb[0];
}

// The packet, directly.
SEC("tc") int direct(struct __sk_buff *skb)
{
    u8 *data = (u8 *)(long)skb->data;

    if (data + 14 > (u8 *)(long)skb->data_end)
        return -1;
    data[13] = 0x77;
    return data[12] << 8 | data[13];
}

// The packet, through helpers.
SEC("tc") int by_helpers(struct __sk_buff *skb)
{
    u8 bytes[4] = {};

    if (bpf_skb_load_bytes(skb, 20, bytes, sizeof(bytes)))
        return -1;
    bytes[0] ^= 0xff;
    if (bpf_skb_store_bytes(skb, 24, bytes, sizeof(bytes), 0))
        return -2;
    return bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

// Beyond the packet: -EFAULT.
SEC("tc") int beyond(struct __sk_buff *skb)
{
    u8 bytes[4] = {};

    return bpf_skb_load_bytes(skb, 100000, bytes, sizeof(bytes));
}

// The difference that one changed word makes to a checksum.
SEC("tc") int checksum_difference(struct __sk_buff *skb)
{
    u32 from = 0x01020304, to = 0x01020305;

    return bpf_csum_diff(&from, 4, &to, 4, 0);
}

SEC("cgroup_skb/egress") int allow(struct __sk_buff *skb)
{
    return skb->len > 30;
}

LICENSE("GPL");
