// Several local views of one type: what follows three underscores is not part of the name that is looked for.
#include "core.h"

struct device___new {
    u64 added;
} CORE;

struct device___old {
    char old_name[16];
} CORE;

struct device {
    u32 id;
} CORE;

s64 answers[8];

SEC("xdp") int exists(struct xdp_md *ctx)
{
    struct device___new *added = NULL;
    struct device___old *old = NULL;

    answers[0] = FIELD_EXISTS(added->added);
    answers[1] = FIELD_EXISTS(old->old_name);
    answers[2] = TYPE_EXISTS(struct device___new);
    answers[3] = FIELD_EXISTS(added->added)     ? FIELD_OFFSET(added->added)
                 : FIELD_EXISTS(old->old_name) ? FIELD_OFFSET(old->old_name)
                                               : -1;
    return 0;
}

SEC("xdp") int id(struct xdp_md *ctx)
{
    struct device *d = NULL;

    return FIELD_OFFSET(d->id);
}

LICENSE("GPL");
