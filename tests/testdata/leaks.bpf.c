// Programs that break no memory, and that Linux lets root load: they leak addresses, or read stack that nobody wrote. A strict policy refuses them.
#include "contexts.h"

#define NAKED __attribute__((naked))

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} values SEC(".maps") = {};

SEC("?xdp") NAKED int result_is_pointer(void)
{
    asm volatile("r0 = r1\n\t"
                 "exit");
}

SEC("?xdp") int pointer_in_map(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *value = bpf_map_lookup_elem(&values, &key);

    if (value)
        *value = (u64)value;
    return 0;
}

SEC("?xdp") int pointer_in_helper_memory(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 address = (u64)&key;

    asm volatile("" : "+r"(address));
    return bpf_map_update_elem(&values, &key, &address, BPF_ANY);
}

SEC("?xdp") int pointer_printed(struct xdp_md *ctx)
{
    bpf_printk("%llx", ctx);
    return 0;
}

SEC("?xdp") int pointer_compared(struct xdp_md *ctx)
{
    u64 address = (u64)ctx;

    asm volatile("" : "+r"(address));
    return address > 0x1000000;
}

SEC("?xdp") NAKED int stack_uninitialised(void)
{
    asm volatile("r0 = *(u64 *)(r10 - 8)\n\t"
                 "exit");
}

SEC("?xdp") NAKED int key_uninitialised(void)
{
    asm volatile("r1 = %0 ll\n\t"
                 "r2 = r10\n\t"
                 "r2 += -4\n\t"
                 "call 1\n\t"
                 "r0 = 0\n\t"
                 "exit"
                 :
                 : "i"(&values));
}

LICENSE("GPL");
