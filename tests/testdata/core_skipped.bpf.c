// CO-RE and autoload: `broken` needs a field that no target has. While it is off its relocations are not looked at; those of subprograms in
// .text always are, and what fails there matters only to programs that reach it.
#include "core_local.h"

NOINLINE static int from_subprogram(struct device *d)
{
    asm volatile("" : "+r"(d));
    return FIELD_OFFSET(d->id);
}

NOINLINE static int from_broken_subprogram(struct nowhere *n)
{
    asm volatile("" : "+r"(n));
    return FIELD_OFFSET(n->member);
}

SEC("xdp") int works(struct xdp_md *ctx)
{
    return from_subprogram(NULL) + 1;
}

SEC("xdp") int broken(struct xdp_md *ctx)
{
    struct nowhere *n = NULL;

    return FIELD_OFFSET(n->member);
}

SEC("xdp") int broken_below(struct xdp_md *ctx)
{
    return from_broken_subprogram(NULL);
}

LICENSE("GPL");
