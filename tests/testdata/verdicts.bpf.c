// Small programs, each with the verdict that the verifier must give on it. The verdict is a tag in the object's types, so that it stands beside the code:
// ACCEPT, or REFUSE(rule, a piece of the source line that is refused, a piece of the reason). All are off: a test turns one on.
#include "contexts.h"

#define ACCEPT __attribute__((btf_decl_tag("verdict:accept")))
#define REFUSE(rule, line, sentence) __attribute__((btf_decl_tag("verdict:refuse|" rule "|" line "|" sentence)))
#define PACKET u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end
// The compiler knows nothing of the value any more.
#define HIDE(x) asm volatile("" : "+r"(x))

struct pair {
    u64 first, second;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 16);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct pair);
} pairs SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 64);
    MAP_TYPE_OF(key, u64);
    MAP_TYPE_OF(value, struct pair);
} hashed SEC(".maps") = {};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
} ring SEC(".maps") = {};

struct guarded_value {
    struct bpf_spin_lock {
        u32 value;
    } lock;
    u32 count;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct guarded_value);
} guarded SEC(".maps") = {};

u64 table[8];
const volatile u32 limit = 8;

// --- numbers ---

SEC("?xdp") ACCEPT int index_below_size(struct xdp_md *ctx)
{
    u32 i = ctx->rx_queue_index;
    return i < 8 ? table[i] : 0;
}

SEC("?xdp") REFUSE("map-value-access", "table[i]", "leaves the value") int index_up_to_size(struct xdp_md *ctx)
{
    u32 i = ctx->rx_queue_index;
    return i <= 8 ? table[i] : 0;
}

SEC("?xdp") REFUSE("map-value-access", "table[i]", "before the start") int index_not_below_zero(struct xdp_md *ctx)
{
    long i = (int)ctx->rx_queue_index;
    HIDE(i);
    if (i > 7)
        return 0;
    if (i < -1)
        return 0;
    return table[i];
}

SEC("?xdp") ACCEPT int index_masked(struct xdp_md *ctx) { return table[ctx->rx_queue_index & 7]; }

SEC("?xdp") REFUSE("map-value-access", "& 15", "leaves the value") int index_masked_too_wide(struct xdp_md *ctx) { return table[ctx->rx_queue_index & 15]; }

SEC("?xdp") ACCEPT int index_by_remainder(struct xdp_md *ctx)
{
    u64 i = ctx->rx_queue_index;
    HIDE(i);
    return table[i % 8];
}

SEC("?xdp") ACCEPT int index_by_shift(struct xdp_md *ctx)
{
    u32 i = ctx->rx_queue_index;
    return table[i >> 29];
}

SEC("?xdp") REFUSE("map-value-access", ">> 28", "leaves the value") int index_by_short_shift(struct xdp_md *ctx)
{
    u32 i = ctx->rx_queue_index;
    return table[i >> 28];
}

SEC("?xdp") ACCEPT int sum_of_bounded(struct xdp_md *ctx)
{
    u32 a = ctx->rx_queue_index & 3, b = ctx->ingress_ifindex & 3;
    return table[a + b];
}

SEC("?xdp") REFUSE("map-value-access", "a + b", "leaves the value") int sum_of_bounded_too_large(struct xdp_md *ctx)
{
    u32 a = ctx->rx_queue_index & 7, b = ctx->ingress_ifindex & 7;
    return table[a + b];
}

SEC("?xdp") ACCEPT int difference_checked(struct xdp_md *ctx)
{
    u64 a = ctx->rx_queue_index & 7, b = ctx->ingress_ifindex & 7;
    HIDE(a);
    HIDE(b);
    u64 d = a - b;
    return d < 8 ? table[d] : 0;
}

SEC("?xdp") ACCEPT int product_of_bounded(struct xdp_md *ctx)
{
    u64 a = ctx->rx_queue_index & 1, b = ctx->ingress_ifindex & 7;
    HIDE(a);
    return table[a * b];
}

SEC("?xdp") ACCEPT int copy_is_checked_too(struct xdp_md *ctx)
{
    u64 i = ctx->rx_queue_index, copy = i;
    HIDE(copy);
    copy = i;
    if (copy >= 8)
        return 0;
    return table[i];
}

SEC("?xdp") ACCEPT int constant_is_known(struct xdp_md *ctx)
{
    u32 i = ctx->rx_queue_index;
    return i < limit ? table[i] : 0;
}

SEC("?xdp") REFUSE("invalid-instruction", "/= 0", "division by the constant zero") __attribute__((naked)) int divided_by_zero(void)
{
    asm volatile("r0 = 1 \n r0 /= 0 \n exit");
}

// --- packets ---

SEC("?xdp") ACCEPT int packet_first_bytes(struct xdp_md *ctx)
{
    PACKET;
    return data + 14 > end ? 0 : data[13];
}

SEC("?xdp") REFUSE("packet-access", "data[14]", "known to hold 14 bytes") int packet_byte_behind(struct xdp_md *ctx)
{
    PACKET;
    return data + 14 > end ? 0 : data[14];
}

SEC("?xdp") ACCEPT int packet_variable_header(struct xdp_md *ctx)
{
    PACKET;
    if (data + 1 > end)
        return 0;
    u8 *next = data + (data[0] & 15) * 4;
    return next + 4 > end ? 0 : next[3];
}

SEC("?xdp") REFUSE("packet-access", "next[4]", "is not covered") int packet_variable_header_unchecked(struct xdp_md *ctx)
{
    PACKET;
    if (data + 1 > end)
        return 0;
    u8 *next = data + (data[0] & 15) * 4;
    return next + 4 > end ? 0 : next[4];
}

SEC("?xdp") ACCEPT int packet_loop(struct xdp_md *ctx)
{
    PACKET;
    u32 sum = 0;
    for (int i = 0; i < 32; i++) {
        if (data + i + 1 > end)
            break;
        sum += data[i];
    }
    return sum;
}

SEC("?xdp") REFUSE("packet-access", "data[2]", "") int packet_checked_before_adjust(struct xdp_md *ctx)
{
    PACKET;
    if (data + 4 > end)
        return 0;
    if (bpf_xdp_adjust_head(ctx, 4))
        return 0;
    data = (u8 *)(long)ctx->data;
    return data[2];
}

SEC("?xdp") ACCEPT int packet_metadata(struct xdp_md *ctx)
{
    u8 *data = (u8 *)(long)ctx->data, *meta = (u8 *)(long)ctx->data_meta;
    return meta + 4 > data ? 0 : meta[3];
}

SEC("?cgroup_skb/ingress") REFUSE("read-only-memory", "data[0] = 1", "may not write packet data") int packet_written_in_cgroup(struct __sk_buff *ctx)
{
    PACKET;
    if (data + 1 > end)
        return 1;
    data[0] = 1;
    return 1;
}

// --- maps ---

SEC("?xdp") ACCEPT int value_checked(struct xdp_md *ctx)
{
    u64 key = 1;
    struct pair *p = bpf_map_lookup_elem(&hashed, &key);
    return p ? p->second : 0;
}

SEC("?xdp") REFUSE("null-dereference", "p->second", "may be null") int value_not_checked(struct xdp_md *ctx)
{
    u64 key = 1;
    struct pair *p = bpf_map_lookup_elem(&hashed, &key);
    return p->second;
}

SEC("?xdp") REFUSE("null-dereference", "p->second", "may be null") int value_checked_the_wrong_one(struct xdp_md *ctx)
{
    u64 key = 1, other = 2;
    struct pair *p = bpf_map_lookup_elem(&hashed, &key);
    struct pair *q = bpf_map_lookup_elem(&hashed, &other);
    return q ? p->second : 0;
}

SEC("?xdp") ACCEPT int value_of_array_at_constant(struct xdp_md *ctx)
{
    u32 key = 0;
    struct pair *p = bpf_map_lookup_elem(&pairs, &key);
    return p->second;
}

SEC("?xdp") REFUSE("null-dereference", "p->second", "may be null") int value_of_array_beyond_it(struct xdp_md *ctx)
{
    u32 key = 16;
    struct pair *p = bpf_map_lookup_elem(&pairs, &key);
    return p->second;
}

SEC("?xdp") REFUSE("map-value-access", "p[1].second", "leaves the value") int value_next_to_it(struct xdp_md *ctx)
{
    u64 key = 1;
    struct pair *p = bpf_map_lookup_elem(&hashed, &key);
    return p ? p[1].second : 0;
}

SEC("?xdp") REFUSE("read-only-memory", "= 1", "read-only") int constant_is_written(struct xdp_md *ctx)
{
    *(volatile u32 *)&limit = 1;
    return 0;
}

SEC("?xdp") REFUSE("helper-argument", "bpf_map_lookup_elem", "must point to") int key_in_the_context(struct xdp_md *ctx)
{
    return bpf_map_lookup_elem(&hashed, ctx) != NULL;
}

// --- stack ---

SEC("?xdp") ACCEPT int stack_array_by_index(struct xdp_md *ctx)
{
    u64 a[4] = {1, 2, 3, 4};
    HIDE(*(u64 **)&ctx);
    return ((volatile u64 *)a)[ctx->rx_queue_index & 3];
}

SEC("?xdp") REFUSE("stack-access", "& 127", "leaves the stack") int stack_array_beyond_frame(struct xdp_md *ctx)
{
    u64 a[4] = {1, 2, 3, 4};
    return ((volatile u64 *)a)[ctx->rx_queue_index & 127];
}

static __attribute__((noinline)) int deep(u64 x)
{
    u64 a[32], *p = a;
    HIDE(p);
    p[0] = x;
    p[31] = x;
    return p[0] + p[31];
}

SEC("?xdp") REFUSE("stack-depth", "", "at most 512 are allowed") int stack_of_two_frames(struct xdp_md *ctx)
{
    u64 a[40], *p = a;
    HIDE(p);
    p[0] = ctx->rx_queue_index;
    p[39] = 1;
    return deep(p[0]) + p[39];
}

// --- references and locks ---

SEC("?xdp") ACCEPT int record_submitted(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
    if (!record)
        return 0;
    *record = 1;
    bpf_ringbuf_submit(record, 0);
    return 0;
}

SEC("?xdp") REFUSE("reference", "}", "is still held") int record_forgotten(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
    if (!record)
        return 0;
    *record = 1;
    return 0;
}

SEC("?xdp") REFUSE("not-a-pointer", "*record = 2", "") int record_used_after_submit(struct xdp_md *ctx)
{
    volatile u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
    if (!record)
        return 0;
    bpf_ringbuf_submit((void *)record, 0);
    *record = 2;
    return 0;
}

SEC("?xdp") REFUSE("memory-access", "record[1]", "leaves the memory") int record_overrun(struct xdp_md *ctx)
{
    u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
    if (!record)
        return 0;
    record[1] = 1;
    bpf_ringbuf_submit(record, 0);
    return 0;
}

SEC("?xdp") ACCEPT int lock_and_unlock(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded_value *v = bpf_map_lookup_elem(&guarded, &key);
    if (!v)
        return 0;
    bpf_spin_lock(&v->lock);
    v->count++;
    bpf_spin_unlock(&v->lock);
    return 0;
}

SEC("?xdp") REFUSE("spin-lock", "}", "ends while a spin lock is held") int lock_kept(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded_value *v = bpf_map_lookup_elem(&guarded, &key);
    if (!v)
        return 0;
    bpf_spin_lock(&v->lock);
    v->count++;
    return 0;
}

SEC("?xdp") REFUSE("spin-lock", "bpf_ktime_get_ns", "while a spin lock is held") int helper_under_lock(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded_value *v = bpf_map_lookup_elem(&guarded, &key);
    if (!v)
        return 0;
    bpf_spin_lock(&v->lock);
    v->count = bpf_ktime_get_ns();
    bpf_spin_unlock(&v->lock);
    return 0;
}

SEC("?xdp") REFUSE("spin-lock", "bpf_spin_unlock(&w->lock)", "not the one that was taken") int lock_of_another(struct xdp_md *ctx)
{
    u32 key = 0, other = 1;
    struct guarded_value *v = bpf_map_lookup_elem(&guarded, &key), *w = bpf_map_lookup_elem(&guarded, &other);
    if (!v || !w)
        return 0;
    bpf_spin_lock(&v->lock);
    bpf_spin_unlock(&w->lock);
    return 0;
}

SEC("?xdp") REFUSE("map-value-access", "v->lock.value", "only for helpers") int lock_read(struct xdp_md *ctx)
{
    u32 key = 0;
    struct guarded_value *v = bpf_map_lookup_elem(&guarded, &key);
    return v ? v->lock.value : 0;
}

// --- control ---

SEC("?xdp") ACCEPT int loop_with_bound(struct xdp_md *ctx)
{
    u64 sum = 0, n = ctx->rx_queue_index & 63;
    for (u64 i = 0; i < n; i++) {
        sum += i;
        HIDE(sum);
    }
    return sum;
}

SEC("?xdp") REFUSE("infinite-loop", "", "never ends") int loop_without_progress(struct xdp_md *ctx)
{
    u32 x = ctx->rx_queue_index;
    while (x != 3)
        HIDE(x);
    return 0;
}

SEC("?xdp") REFUSE("too-complex", "", "limit of") int loop_too_long(struct xdp_md *ctx)
{
    u64 sum = ctx->rx_queue_index;
    for (u64 i = 0; i < 10000000; i++) {
        sum = sum * 3 + i;
        HIDE(sum);
    }
    return sum;
}

static int count_one(u64 index, u64 *sum)
{
    *sum += index;
    return 0;
}

SEC("?xdp") ACCEPT int loop_of_a_helper(struct xdp_md *ctx)
{
    u64 sum = 0;
    bpf_loop(1000000, count_one, &sum, 0);
    return sum;
}

static int count_wrongly(u64 index, u64 *sum)
{
    *sum += index;
    return 2;
}

SEC("?xdp") REFUSE("return-value", "", "a callback must return 0 to 1") int callback_returns_too_much(struct xdp_md *ctx)
{
    u64 sum = 0;
    bpf_loop(10, count_wrongly, &sum, 0);
    return sum;
}

static int use_index(u64 index, u64 *sum)
{
    *sum += table[index];
    return 0;
}

SEC("?xdp") ACCEPT int callback_index_is_bounded(struct xdp_md *ctx)
{
    u64 sum = 0;
    bpf_loop(8, use_index, &sum, 0);
    return sum;
}

SEC("?xdp") REFUSE("map-value-access", "table[index]", "leaves the value") int callback_index_is_not(struct xdp_md *ctx)
{
    u64 sum = 0;
    bpf_loop(9, use_index, &sum, 0);
    return sum;
}

// --- context ---

SEC("?xdp") REFUSE("context-access", "ctx->ingress_ifindex = 1", "may write") int context_field_is_read_only(struct xdp_md *ctx)
{
    ctx->ingress_ifindex = 1;
    return 0;
}

SEC("?xdp") REFUSE("context-access", "[6]", "") int context_beyond_end(struct xdp_md *ctx) { return ((volatile u32 *)ctx)[6]; }

SEC("?tc") ACCEPT int context_mark_is_written(struct __sk_buff *ctx)
{
    ctx->mark = 7;
    return 0;
}

SEC("?tc") REFUSE("context-access", "ctx->len = 7", "may write") int context_length_is_not(struct __sk_buff *ctx)
{
    ctx->len = 7;
    return 0;
}

SEC("?cgroup_skb/ingress") REFUSE("return-value", "", "must return 0 to 1") int verdict_out_of_range(struct __sk_buff *ctx) { return 2; }

SEC("?cgroup_skb/egress") ACCEPT int verdict_of_egress(struct __sk_buff *ctx) { return 2; }

// --- helpers ---

SEC("?xdp") REFUSE("unknown-helper", "bpf_skb_load_bytes", "may not call") int helper_of_another_type(struct xdp_md *ctx)
{
    u32 x;
    return bpf_skb_load_bytes(ctx, 0, &x, 4);
}

SEC("?tc") ACCEPT int helper_fills_memory(struct __sk_buff *ctx)
{
    u32 x[2];
    return bpf_skb_load_bytes(ctx, 0, x, sizeof x) ? 0 : x[1];
}

SEC("?tc") REFUSE("stack-access", "bpf_skb_load_bytes", "leaves the stack") int helper_fills_too_much(struct __sk_buff *ctx)
{
    u32 x[2];
    return bpf_skb_load_bytes(ctx, 0, x, 600) ? 0 : x[1];
}

SEC("?tc") REFUSE("helper-argument", "bpf_skb_load_bytes", "may be zero") int helper_size_may_be_zero(struct __sk_buff *ctx)
{
    u32 x[2];
    return bpf_skb_load_bytes(ctx, 0, x, ctx->len & 7);
}

SEC("?tc") REFUSE("helper-argument", "bpf_skb_load_bytes", "no useful upper bound") int helper_size_is_unbounded(struct __sk_buff *ctx)
{
    u32 x[2], size = ctx->len;
    return bpf_skb_load_bytes(ctx, 0, x, size ? size : 1);
}

// --- functions ---

__attribute__((noinline)) int twice(int x) { return 2 * x; }

SEC("?xdp") ACCEPT int calls_a_global_function(struct xdp_md *ctx) { return twice(ctx->rx_queue_index); }

SEC("?xdp") REFUSE("map-value-access", "", "") int result_of_a_global_function_is_anything(struct xdp_md *ctx) { return table[(u32)twice(2)]; }

__attribute__((noinline)) int first_of(struct pair *p) { return p ? p->first : 0; }

SEC("?xdp") ACCEPT int global_function_takes_memory(struct xdp_md *ctx)
{
    struct pair p = {ctx->rx_queue_index, 2};
    return first_of(&p);
}

__attribute__((noinline)) int first_of_unchecked(struct pair *p) { return p->first; }

SEC("?xdp") REFUSE("null-dereference", "p->first", "may be null") int global_function_forgets_null(struct xdp_md *ctx)
{
    struct pair p = {ctx->rx_queue_index, 2};
    return first_of_unchecked(&p);
}

SEC("?xdp") REFUSE("function-signature", "first_of", "takes a pointer to 16 bytes") int global_function_gets_the_context(struct xdp_md *ctx) { return first_of((struct pair *)ctx); }

