// Asked of core_target_ambiguous: candidates that agree are as good as one, candidates that differ fail the load.
#include "core.h"

struct device {
    u32 id;
    char name[16];
    s16 level;
} CORE;

SEC("xdp") int agrees(struct xdp_md *ctx)
{
    struct device *d = NULL;

    return FIELD_OFFSET(d->name);
}

// Even the question whether it exists: libbpf compares the offsets of the candidates first.
SEC("?xdp") int existence_differs(struct xdp_md *ctx)
{
    struct device *d = NULL;

    return FIELD_EXISTS(d->level);
}

SEC("?xdp") int differs(struct xdp_md *ctx)
{
    struct device *d = NULL;

    return FIELD_OFFSET(d->level);
}

LICENSE("GPL");
