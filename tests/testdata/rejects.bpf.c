// Programs that the verifier must refuse, each for one reason. All are off: a test turns one on.
#include "contexts.h"

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u64);
} values SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} ring SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_PROG_ARRAY);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, u32);
} programs SEC(".maps") = {};

struct locked {
    struct bpf_spin_lock {
        u32 value;
    } lock;
    u32 count;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct locked);
} guarded SEC(".maps") = {};

const volatile u32 constant = 5;

// A function of nothing but its assembly. It takes no argument in C: clang would leave it without a name, and the kernel refuses such BTF.
#define NAKED __attribute__((naked))

#define PACKET u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end

// --- packets ---

SEC("?xdp") int packet_unchecked(struct xdp_md *ctx)
{
    PACKET;
    return data == end ? 0 : data[0];
}

SEC("?xdp") int packet_one_too_far(struct xdp_md *ctx)
{
    PACKET;
    return data + 4 > end ? 0 : data[4];
}

// The comparison says nothing of the way on which the access is.
SEC("?xdp") int packet_wrong_way(struct xdp_md *ctx)
{
    PACKET;
    return data + 4 > end ? data[0] : 0;
}

SEC("?xdp") int packet_before_start(struct xdp_md *ctx)
{
    PACKET;
    return data + 4 > end ? 0 : data[-1];
}

SEC("?xdp") int packet_variable_unchecked(struct xdp_md *ctx)
{
    PACKET;
    if (data + 1 > end)
        return 0;
    return data[data[0]];
}

SEC("?xdp") int packet_stale_after_adjust(struct xdp_md *ctx)
{
    PACKET;
    if (data + 4 > end)
        return 0;
    bpf_xdp_adjust_head(ctx, 1);
    return data[0];
}

SEC("?xdp") int packet_end_written(struct xdp_md *ctx)
{
    PACKET;
    (void)data;
    *end = 1;
    return 0;
}

// --- maps ---

SEC("?xdp") int value_without_null_check(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *value = bpf_map_lookup_elem(&values, &key);

    return *value;
}

SEC("?xdp") int value_beyond_end(struct xdp_md *ctx)
{
    u32 key = 0;
    u64 *value = bpf_map_lookup_elem(&values, &key);

    return value ? value[1] : 0;
}

SEC("?xdp") int value_variable_beyond_end(struct xdp_md *ctx)
{
    u32 key = 0;
    u8 *value = bpf_map_lookup_elem(&values, &key);

    return value ? value[ctx->rx_queue_index & 15] : 0;
}

SEC("?xdp") int key_below_stack(struct xdp_md *ctx)
{
    void *key;

    asm volatile("%0 = r10 ; %0 += -600" : "=r"(key));
    return bpf_map_lookup_elem(&values, key) != NULL;
}

SEC("?xdp") int key_is_number(struct xdp_md *ctx)
{
    return bpf_map_lookup_elem(&values, (void *)1234l) != NULL;
}

SEC("?xdp") int map_is_number(struct xdp_md *ctx)
{
    u32 key = 0;

    return bpf_map_lookup_elem((void *)1234l, &key) != NULL;
}

SEC("?xdp") int constant_written(struct xdp_md *ctx)
{
    *(volatile u32 *)&constant = 6;
    return 0;
}

// Lookups of a ring buffer or a program array do not exist.
SEC("?xdp") int lookup_in_ring(struct xdp_md *ctx)
{
    u32 key = 0;

    return bpf_map_lookup_elem(&ring, &key) != NULL;
}

SEC("?xdp") int push_to_hash(struct xdp_md *ctx)
{
    u64 value = 0;

    return bpf_map_push_elem(&values, &value, 0);
}

// --- stack and registers ---

SEC("?xdp") int stack_too_large(struct xdp_md *ctx)
{
    u64 key = 0;

    asm volatile("*(u64 *)(r10 - 520) = %0" : : "r"(key) : "memory");
    return 0;
}

SEC("?xdp") int stack_above_frame(struct xdp_md *ctx)
{
    u64 value;

    asm volatile("%0 = *(u64 *)(r10 + 8)" : "=r"(value));
    return value;
}

SEC("?xdp") int stack_variable_unbounded(struct xdp_md *ctx)
{
    volatile u8 bytes[16];

    bytes[ctx->rx_queue_index] = 1;
    return bytes[0];
}

SEC("?xdp") NAKED int register_uninitialised(void)
{
    asm volatile("r0 = r7\n\t"
                 "exit");
}

SEC("?xdp") NAKED int register_clobbered_by_call(void)
{
    asm volatile("r1 = 1\n\t"
                 "call 5\n\t"
                 "r0 = r1\n\t"
                 "exit");
}

SEC("?xdp") int frame_pointer_written(struct xdp_md *ctx)
{
    asm volatile("r10 += 8" : :);
    return 0;
}

SEC("?xdp") int half_spilled_pointer(struct xdp_md *ctx)
{
    u64 value;

    asm volatile("*(u64 *)(r10 - 8) = %1\n\t"
                 "r5 = 0\n\t"
                 "*(u8 *)(r10 - 5) = r5\n\t"
                 "%0 = *(u64 *)(r10 - 8)\n\t"
                 "%0 = *(u32 *)(%0 + 0)"
                 : "=r"(value)
                 : "r"(ctx)
                 : "r5", "memory");
    return value;
}

// --- pointers and arithmetic ---

SEC("?xdp") int number_as_pointer(struct xdp_md *ctx)
{
    return *(volatile u32 *)(long)bpf_get_prandom_u32();
}

SEC("?xdp") int pointer_multiplied(struct xdp_md *ctx)
{
    u64 at = (u64)(long)ctx->data;

    asm volatile("%0 *= 2" : "+r"(at));
    return *(volatile u8 *)at;
}

SEC("?xdp") int pointers_added(struct xdp_md *ctx)
{
    u64 a = (u64)(long)ctx->data, b = (u64)(long)ctx;

    asm volatile("%0 += %1" : "+r"(a) : "r"(b));
    return *(volatile u8 *)a;
}

SEC("?xdp") int map_pointer_changed(struct xdp_md *ctx)
{
    u32 key = 0;
    void *map = &values;

    asm volatile("%0 += 8" : "+r"(map));
    return bpf_map_lookup_elem(map, &key) != NULL;
}

SEC("?xdp") int pointer_shifted_by_width(struct xdp_md *ctx)
{
    u64 value = ctx->rx_queue_index;

    asm volatile("%0 <<= 64" : "+r"(value));
    return value;
}

SEC("?xdp") int division_by_constant_zero(struct xdp_md *ctx)
{
    u64 value = ctx->rx_queue_index;

    asm volatile("%0 /= 0" : "+r"(value));
    return value;
}

// --- contexts ---

SEC("?xdp") int context_beyond_end(struct xdp_md *ctx)
{
    return ((volatile u32 *)ctx)[20];
}

SEC("?xdp") int context_unaligned(struct xdp_md *ctx)
{
    return *(volatile u32 *)((u8 *)ctx + 1);
}

SEC("?xdp") int context_read_only(struct xdp_md *ctx)
{
    ((volatile struct xdp_md *)ctx)->ingress_ifindex = 5;
    return 0;
}

SEC("?tc") int skb_field_read_only(struct __sk_buff *ctx)
{
    ((volatile struct __sk_buff *)ctx)->len = 5;
    return 0;
}

SEC("?socket") int skb_field_of_other_type(struct __sk_buff *ctx)
{
    return ((volatile struct __sk_buff *)ctx)->data;
}

SEC("?xdp") int context_variable_offset(struct xdp_md *ctx)
{
    return ((volatile u32 *)ctx)[3 + (ctx->rx_queue_index & 1)];
}

// --- control flow ---

SEC("?xdp") int endless(struct xdp_md *ctx)
{
    for (;;)
        asm volatile("");
}

// Ends only if a number that nobody knows says so.
SEC("?xdp") int perhaps_endless(struct xdp_md *ctx)
{
    while (bpf_get_prandom_u32() != 5)
        ;
    return 0;
}

SEC("?xdp") NAKED int falls_off_end(void)
{
    asm volatile("r0 = 0");
}

SEC("?xdp") NAKED int unreachable_code(void)
{
    asm volatile("r0 = 0\n\t"
                 "exit\n\t"
                 "r0 = 1\n\t"
                 "exit");
}

NOINLINE static int recursive(u32 depth)
{
    if (depth == 0)
        return 0;
    int below = recursive(depth - 1);
    asm volatile("" : "+r"(below)); // or clang would make a loop of it
    return below + 1;
}

SEC("?xdp") int recursion(struct xdp_md *ctx)
{
    return recursive(3);
}

SEC("?xdp") NAKED int no_result(void)
{
    asm volatile("exit");
}

SEC("?cgroup_skb/ingress") int result_out_of_range(struct __sk_buff *ctx)
{
    return 7;
}

// --- helpers ---

BPF_HELPER(9999, int, no_such_helper, void *ctx);

SEC("?xdp") int unknown_helper(struct xdp_md *ctx)
{
    return no_such_helper(ctx);
}

// Not for programs of this type.
SEC("?xdp") int helper_of_other_type(struct xdp_md *ctx)
{
    u8 bytes[4];

    return bpf_skb_load_bytes(ctx, 0, bytes, sizeof(bytes));
}

SEC("?tc") int size_unbounded(struct __sk_buff *ctx)
{
    u8 bytes[16];

    return bpf_skb_load_bytes(ctx, 0, bytes, ctx->len);
}

SEC("?tc") int size_beyond_buffer(struct __sk_buff *ctx)
{
    u8 bytes[16];

    return bpf_skb_load_bytes(ctx, 0, bytes, 600);
}

SEC("?tc") int size_zero(struct __sk_buff *ctx)
{
    u8 bytes[16];

    return bpf_skb_load_bytes(ctx, 0, bytes, 0);
}

SEC("?xdp") int tail_call_into_hash(struct xdp_md *ctx)
{
    return bpf_tail_call(ctx, &values, 0);
}

SEC("?xdp") int tail_call_without_context(struct xdp_md *ctx)
{
    u64 other = 0;

    return bpf_tail_call(&other, &programs, 0);
}

// --- references and locks ---

SEC("?xdp") int record_not_submitted(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

    if (record)
        *record = 1;
    return 0;
}

SEC("?xdp") int record_submitted_twice(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

    if (!record)
        return 0;
    bpf_ringbuf_submit(record, 0);
    bpf_ringbuf_submit(record, 0);
    return 0;
}

SEC("?xdp") int record_used_after_submit(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

    if (!record)
        return 0;
    bpf_ringbuf_submit(record, 0);
    return *record;
}

SEC("?xdp") int record_without_null_check(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);

    *record = 1;
    bpf_ringbuf_submit(record, 0);
    return 0;
}

SEC("?xdp") int lock_not_released(struct xdp_md *ctx)
{
    u32 key = 0;
    struct locked *value = bpf_map_lookup_elem(&guarded, &key);

    if (!value)
        return 0;
    bpf_spin_lock(&value->lock);
    value->count++;
    return 0;
}

SEC("?xdp") int lock_read_directly(struct xdp_md *ctx)
{
    u32 key = 0;
    struct locked *value = bpf_map_lookup_elem(&guarded, &key);

    return value ? *(volatile u32 *)&value->lock : 0;
}

SEC("?xdp") int call_under_lock(struct xdp_md *ctx)
{
    u32 key = 0;
    struct locked *value = bpf_map_lookup_elem(&guarded, &key);

    if (!value)
        return 0;
    bpf_spin_lock(&value->lock);
    value->count = bpf_get_prandom_u32();
    bpf_spin_unlock(&value->lock);
    return 0;
}

// --- subprograms ---

// A global function is verified for any argument: its pointer may be NULL.
NOINLINE int takes_pointer(const u32 *number)
{
    asm volatile("" : : : "memory");
    return *number;
}

SEC("?xdp") int global_without_null_check(struct xdp_md *ctx)
{
    u32 number = 5;

    return takes_pointer(&number);
}

NOINLINE static u64 *address_of_local(void)
{
    u64 local = 5;
    u64 *address = &local;

    asm volatile("" : "+r"(address) : : "memory");
    return address;
}

SEC("?xdp") int dangling_stack(struct xdp_md *ctx)
{
    return *address_of_local();
}

// Frames of 300 bytes each: two are more than the stack.
NOINLINE static int uses_stack(void)
{
    u8 bytes[300] = {};

    asm volatile("" : : "r"(bytes) : "memory");
    return bytes[299];
}

SEC("?xdp") int frames_too_large(struct xdp_md *ctx)
{
    u8 bytes[300] = {};

    asm volatile("" : : "r"(bytes) : "memory");
    return uses_stack() + bytes[299];
}

// --- atomics ---

SEC("?xdp") int atomic_on_context(struct xdp_md *ctx)
{
    u64 one = 1;

    asm volatile("lock *(u64 *)(%0 + 8) += %1" : : "r"(ctx), "r"(one) : "memory");
    return 0;
}

SEC("?xdp") int atomic_unaligned(struct xdp_md *ctx)
{
    u64 one = 1;
    u64 place[2] = {};

    asm volatile("lock *(u64 *)(%0 + 4) += %1" : : "r"(place), "r"(one) : "memory");
    return place[0];
}

LICENSE("GPL");
