// A program at a user statically defined tracepoint. The maps, and the layout of their values, are those that loaders know (libbpf's usdt.bpf.h);
// the code that reads arguments is this file's own, for x86-64.
#include "contexts.h"
#include "externs.h"

LICENSE("GPL");

BPF_HELPER(112, int, bpf_probe_read_user, void *to, u32 size, const void *from);
BPF_HELPER(174, u64, bpf_get_attach_cookie, void *ctx);

enum { ARGUMENTS = 12 };
enum { CONSTANT, REGISTER, MEMORY };

struct argument {
    u64 value;
    u8 kind;
    u8 unused[3];
    s16 place;
    u8 is_signed;
    u8 shift;
};

struct spec {
    struct argument arguments[ARGUMENTS];
    u64 cookie;
    s16 count;
};

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 4);
    MAP_TYPE_OF(key, int);
    MAP_TYPE_OF(value, struct spec);
} __bpf_usdt_specs SEC(".maps");

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_HASH);
    MAP_NUMBER(max_entries, 16);
    MAP_TYPE_OF(key, long);
    MAP_TYPE_OF(value, u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps");

struct seen {
    u64 count;
    s64 arguments[4];
    u64 cookie;
    u64 number;
};

// For each process, as the tracepoints of one may be those of another.
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE_OF(key, u32);
    MAP_TYPE_OF(value, struct seen);
} calls SEC(".maps");

extern _Bool LINUX_HAS_BPF_COOKIE KCONFIG;

INLINE s64 read_argument(struct pt_regs *ctx, const struct argument *argument)
{
    u64 value = 0;
    if (argument->kind == CONSTANT) {
        value = argument->value;
    } else {
        u32 place = argument->place;
        if (place > sizeof(struct pt_regs) - sizeof(u64))
            return -1;
        // The context cannot be read at a place that is not known when it is loaded.
        bpf_probe_read_kernel(&value, sizeof(value), (void *)ctx + place);
        if (argument->kind == MEMORY && bpf_probe_read_user(&value, sizeof(value), (void *)value + argument->value))
            return -1;
    }

    u32 shift = argument->shift & 63;
    value <<= shift;
    return argument->is_signed ? (s64)value >> shift : (s64)(value >> shift);
}

INLINE int record(struct pt_regs *ctx)
{
    u32 zero = 0, id;
    if (LINUX_HAS_BPF_COOKIE) {
        id = bpf_get_attach_cookie(ctx);
    } else {
        long at = ctx->ip;
        u32 *found = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &at);
        if (!found)
            return 0;
        id = *found;
    }

    struct spec *spec = bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
    struct seen *seen = bpf_map_lookup_elem(&calls, &zero);
    if (!spec || !seen)
        return 0;

    for (int i = 0; i < 4; i++)
        seen->arguments[i] = read_argument(ctx, &spec->arguments[i]);
    seen->number = spec->count;
    seen->cookie = spec->cookie;
    __sync_fetch_and_add(&seen->count, 1);
    return 0;
}

SEC("usdt//target:ebpf_test:counted")
int on_counted(struct pt_regs *ctx)
{
    return record(ctx);
}

SEC("usdt")
int on_any(struct pt_regs *ctx)
{
    return record(ctx);
}
