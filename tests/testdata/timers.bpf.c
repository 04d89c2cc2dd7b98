// Timers in the values of a hash and of an array. They fire three times, a millisecond apart, and count.
#include "bpf.h"

struct bpf_timer {
    u64 opaque[2];
} __attribute__((aligned(8)));

struct element {
    u64 fired;
    struct bpf_timer timer;
    u64 key;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct element);
} hashed SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 8);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct element);
} indexed SEC(".maps");

BPF_HELPER(169, int, bpf_timer_init, struct bpf_timer *timer, void *map, u64 flags);
BPF_HELPER(170, int, bpf_timer_set_callback, struct bpf_timer *timer, void *callback);
BPF_HELPER(171, int, bpf_timer_start, struct bpf_timer *timer, u64 nanoseconds, u64 flags);
BPF_HELPER(172, int, bpf_timer_cancel, struct bpf_timer *timer);

#define MILLISECOND 1000000
#define HOUR (3600 * 1000ULL * MILLISECOND)

static int fire(void *map, u32 *key, struct element *element)
{
    element->key = *key;
    element->fired++;
    if (element->fired < 3)
        bpf_timer_start(&element->timer, MILLISECOND, 0);
    return 0;
}

SEC("xdp")
int in_a_hash(struct xdp_md *context)
{
    u32 key = 5;
    struct element empty = {};

    bpf_map_update_elem(&hashed, &key, &empty, 0);
    struct element *element = bpf_map_lookup_elem(&hashed, &key);
    if (!element)
        return 1;
    if (bpf_timer_start(&element->timer, MILLISECOND, 0) != -22)
        return 2;
    if (bpf_timer_init(&element->timer, &hashed, 3) != -22)
        return 3;
    if (bpf_timer_init(&element->timer, &hashed, 1))
        return 4;
    if (bpf_timer_init(&element->timer, &hashed, 1) != -16)
        return 5;
    if (bpf_timer_start(&element->timer, MILLISECOND, 0) != -22)
        return 6;
    if (bpf_timer_set_callback(&element->timer, fire))
        return 7;
    if (bpf_timer_start(&element->timer, MILLISECOND, 4) != -22)
        return 8;
    return bpf_timer_start(&element->timer, MILLISECOND, 0) ? 9 : 0;
}

SEC("xdp")
int in_an_array(struct xdp_md *context)
{
    u32 key = 3;
    struct element *element = bpf_map_lookup_elem(&indexed, &key);

    if (!element || bpf_timer_init(&element->timer, &indexed, 1) || bpf_timer_set_callback(&element->timer, fire))
        return 1;
    return bpf_timer_start(&element->timer, MILLISECOND, 0) ? 2 : 0;
}

// Arms it for an hour from now, cancels it, and cancels it again.
SEC("xdp")
int cancelled(struct xdp_md *context)
{
    u32 key = 4;
    struct element *element = bpf_map_lookup_elem(&indexed, &key);

    if (!element || bpf_timer_init(&element->timer, &indexed, 1) || bpf_timer_set_callback(&element->timer, fire))
        return 1;
    if (bpf_timer_start(&element->timer, HOUR, 0))
        return 2;
    if (bpf_timer_cancel(&element->timer) != 1)
        return 3;
    return bpf_timer_cancel(&element->timer) ? 4 : 0;
}

// Arms a timer for an hour from now and takes its element away.
SEC("xdp")
int deleted(struct xdp_md *context)
{
    u32 key = 6;
    struct element empty = {};

    bpf_map_update_elem(&hashed, &key, &empty, 0);
    struct element *element = bpf_map_lookup_elem(&hashed, &key);
    if (!element || bpf_timer_init(&element->timer, &hashed, 1) || bpf_timer_set_callback(&element->timer, fire))
        return 1;
    if (bpf_timer_start(&element->timer, HOUR, 0))
        return 2;
    return bpf_map_delete_elem(&hashed, &key) ? 3 : 0;
}

LICENSE("GPL");
