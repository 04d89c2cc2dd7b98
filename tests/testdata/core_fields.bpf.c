// CO-RE questions about fields: offset, size, existence, sign, shifts; loads and stores that are relocated themselves.
//
// The programs put what they learn into `answers`. Against core_target_missing, `exists` and `guarded` still load.
#include "core_local.h"

s64 answers[16];

// What `reads` and `writes` work on: large enough for a device of every target.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_NUMBER(value_size, 512);
} memory SEC(".maps") = {};

SEC("xdp") int offsets(struct xdp_md *ctx)
{
    struct device *d = NULL;

    answers[0] = FIELD_OFFSET(d->id);
    answers[1] = FIELD_OFFSET(d->name);
    answers[2] = FIELD_OFFSET(d->level);
    answers[3] = FIELD_OFFSET(d->nested.a);
    answers[4] = FIELD_OFFSET(d->nested.b);
    answers[5] = FIELD_OFFSET(d->link);
    answers[6] = FIELD_OFFSET(d->counters[3]);
    answers[7] = FIELD_OFFSET(d->as_long);
    answers[8] = FIELD_OFFSET(d->matrix[1][2]);
    answers[9] = FIELD_OFFSET(d->word.halves[1]);
    answers[10] = FIELD_OFFSET(d->state);
    return 0;
}

SEC("xdp") int sizes(struct xdp_md *ctx)
{
    struct device *d = NULL;

    answers[0] = FIELD_SIZE(d->id);
    answers[1] = FIELD_SIZE(d->name);
    answers[2] = FIELD_SIZE(d->level);
    answers[3] = FIELD_SIZE(d->nested);
    answers[4] = FIELD_SIZE(d->nested.a);
    answers[5] = FIELD_SIZE(d->link);
    answers[6] = FIELD_SIZE(d->counters);
    answers[7] = FIELD_SIZE(d->counters[1]);
    answers[8] = FIELD_SIZE(d->as_int);
    answers[9] = FIELD_SIZE(d->matrix);
    answers[10] = FIELD_SIZE(d->state);
    return 0;
}

SEC("xdp") int exists(struct xdp_md *ctx)
{
    struct device *d = NULL;
    struct nowhere *n = NULL;

    answers[0] = FIELD_EXISTS(d->id);
    answers[1] = FIELD_EXISTS(d->name);
    answers[2] = FIELD_EXISTS(d->nested.b);
    answers[3] = FIELD_EXISTS(d->link);
    answers[4] = FIELD_EXISTS(d->counters[1]);
    answers[5] = FIELD_EXISTS(d->counters[2]);
    answers[6] = FIELD_EXISTS(d->flags);
    answers[7] = FIELD_EXISTS(d->as_int);
    answers[8] = FIELD_EXISTS(d->matrix[1][1]);
    answers[9] = FIELD_EXISTS(d->word);
    answers[10] = FIELD_EXISTS(n->member);
    return 0;
}

SEC("xdp") int signs(struct xdp_md *ctx)
{
    struct device *d = NULL;

    answers[0] = FIELD_SIGNED(d->id);
    answers[1] = FIELD_SIGNED(d->level);
    answers[2] = FIELD_SIGNED(d->nested.a);
    answers[3] = FIELD_SIGNED(d->delta);
    answers[4] = FIELD_SIGNED(d->kind);
    answers[5] = FIELD_SIGNED(d->state);
    return 0;
}

// libbpf answers no question but offset, size and existence of an array's element: the load fails.
SEC("?xdp") int sign_of_element(struct xdp_md *ctx)
{
    struct device *d = NULL;

    return FIELD_SIGNED(d->matrix[0][0]);
}

SEC("xdp") int shifts(struct xdp_md *ctx)
{
    struct device *d = NULL;

    answers[0] = FIELD_LSHIFT(d->flags);
    answers[1] = FIELD_RSHIFT(d->flags);
    answers[2] = FIELD_LSHIFT(d->kind);
    answers[3] = FIELD_RSHIFT(d->kind);
    answers[4] = FIELD_LSHIFT(d->delta);
    answers[5] = FIELD_RSHIFT(d->delta);
    answers[6] = FIELD_LSHIFT(d->level);
    answers[7] = FIELD_RSHIFT(d->level);
    answers[8] = FIELD_OFFSET(d->kind);
    answers[9] = FIELD_SIZE(d->kind);
    return 0;
}

// Asks for the offset only where there is one: the relocation that fails is in a branch that is never taken.
SEC("xdp") int guarded(struct xdp_md *ctx)
{
    struct device *d = NULL;

    answers[0] = FIELD_EXISTS(d->id) ? FIELD_OFFSET(d->id) : -1;
    answers[1] = FIELD_EXISTS(d->name) ? FIELD_OFFSET(d->name) : -1;
    answers[2] = FIELD_EXISTS(d->nested.b) ? FIELD_OFFSET(d->nested.b) : -1;
    answers[3] = FIELD_EXISTS(d->state) ? FIELD_OFFSET(d->state) : -1;
    return 0;
}

// Loads of one, two, four and eight bytes: the offset changes, and the width of unsigned numbers and pointers with it.
SEC("xdp") int reads(struct xdp_md *ctx)
{
    u32 key = 0;
    struct device *d = bpf_map_lookup_elem(&memory, &key);

    if (!d)
        return -1;
    answers[0] = d->id;
    answers[1] = d->name[3];
    answers[2] = d->nested.b;
    answers[3] = d->counters[2];
    answers[4] = d->as_long;
    answers[5] = d->word.halves[1];
    answers[6] = d->matrix[1][0];
    return 0;
}

// Stores, of registers and of constants.
SEC("xdp") int writes(struct xdp_md *ctx)
{
    u32 key = 0;
    struct device *d = bpf_map_lookup_elem(&memory, &key);

    if (!d)
        return -1;
    d->id = ctx->data_end - ctx->data;
    d->nested.b = 0x0102030405060708;
    d->counters[1] = 77;
    d->as_int = 5;
    return 0;
}

// Addresses of fields, as for the reads of kernel memory through a helper.
SEC("xdp") int addresses(struct xdp_md *ctx)
{
    u32 key = 0;
    struct device *d = bpf_map_lookup_elem(&memory, &key);

    if (!d)
        return -1;
    bpf_probe_read_kernel(&answers[0], sizeof(u64), __builtin_preserve_access_index(&d->nested.b));
    bpf_probe_read_kernel(&answers[1], sizeof(u64), __builtin_preserve_access_index(&d->counters[3]));
    return 0;
}

// A bit field: the bytes that hold it, and two shifts that drop its neighbours.
SEC("xdp") int reads_bits(struct xdp_md *ctx)
{
    u32 key = 0;
    struct device *d = bpf_map_lookup_elem(&memory, &key);

    if (!d)
        return -1;

#define READ_BITS(field)                                                                      \
    ({                                                                                        \
        u64 bits = 0;                                                                         \
        bpf_probe_read_kernel(&bits, FIELD_SIZE(field), (void *)d + FIELD_OFFSET(field));     \
        bits <<= FIELD_LSHIFT(field);                                                         \
        FIELD_SIGNED(field) ? (s64)bits >> FIELD_RSHIFT(field) : bits >> FIELD_RSHIFT(field); \
    })

    answers[0] = READ_BITS(d->flags);
    answers[1] = READ_BITS(d->kind);
    answers[2] = READ_BITS(d->delta);
    return 0;
}

LICENSE("GPL");
