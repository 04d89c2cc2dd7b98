// Socket filters: the number of bytes of the packet to keep, and 0 to drop it.
#include "contexts.h"
#include "net.h"

u64 load_byte(void *skb, u64 offset) asm("llvm.bpf.load.byte");
u64 load_half(void *skb, u64 offset) asm("llvm.bpf.load.half");

// In a test run the Ethernet header is not part of what a socket filter sees.
SEC("socket") int whole(struct __sk_buff *skb)
{
    return skb->len;
}

// UDP over IPv4 to port 53.
SEC("socket") int dns_only(struct __sk_buff *skb)
{
    if ((load_byte(skb, 0) & 0xf0) != 0x40)
        return 0;
    if (load_byte(skb, 9) != PROTOCOL_UDP)
        return 0;
    u32 length = (load_byte(skb, 0) & 15) * 4;
    return load_half(skb, length + 2) == 53 ? skb->len : 0;
}

SEC("socket") int by_helper(struct __sk_buff *skb)
{
    struct ipv4_header ip;

    if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
        return 0;
    return ip.protocol;
}

LICENSE("GPL");
