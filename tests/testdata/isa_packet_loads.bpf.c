// The packet loads of classic BPF, LD_ABS and LD_IND: big-endian, and the end of the program where the packet is too short.
#include "contexts.h"

u64 load_byte(void *skb, u64 offset) asm("llvm.bpf.load.byte");
u64 load_half(void *skb, u64 offset) asm("llvm.bpf.load.half");
u64 load_word(void *skb, u64 offset) asm("llvm.bpf.load.word");

// The first seven bytes.
SEC("socket") int absolute(struct __sk_buff *skb)
{
    return load_word(skb, 0) + load_half(skb, 4) + load_byte(skb, 6);
}

// The byte at 0 says where to read.
SEC("socket") int indirect(struct __sk_buff *skb)
{
    u64 at = load_byte(skb, 0);

    return load_word(skb, at) + load_half(skb, at + 4) + load_byte(skb, at + 6);
}

// 0 where the packet has no byte 1000: the program ends there.
SEC("socket") int beyond_end(struct __sk_buff *skb)
{
    return load_byte(skb, 1000) + 1;
}

// Registers 6 to 9 survive, and so does the stack.
SEC("socket") int among_others(struct __sk_buff *skb)
{
    u64 stack[3] = { skb->len, 2, 3 };
    u64 sum = 0;

    for (int i = 0; i < 3; i++) {
        u64 loaded = load_byte(skb, i);
        sum = sum * 10 + loaded + stack[i];
    }
    return sum;
}

LICENSE("GPL");
