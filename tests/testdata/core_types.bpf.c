// CO-RE questions about types: ids, existence, size, match.
#include "core_local.h"

s64 answers[16];

SEC("xdp") int local_ids(struct xdp_md *ctx)
{
    answers[0] = TYPE_ID_LOCAL(struct device);
    answers[1] = TYPE_ID_LOCAL(struct inner);
    answers[2] = TYPE_ID_LOCAL(device_id);
    answers[3] = TYPE_ID_LOCAL(enum state);
    answers[4] = TYPE_ID_LOCAL(struct nowhere);
    return 0;
}

SEC("xdp") int target_ids(struct xdp_md *ctx)
{
    answers[0] = TYPE_ID_TARGET(struct device);
    answers[1] = TYPE_ID_TARGET(struct inner);
    answers[2] = TYPE_ID_TARGET(enum state);
    return 0;
}

SEC("xdp") int exists(struct xdp_md *ctx)
{
    answers[0] = TYPE_EXISTS(struct device);
    answers[1] = TYPE_EXISTS(struct inner);
    answers[2] = TYPE_EXISTS(union word);
    answers[3] = TYPE_EXISTS(enum state);
    answers[4] = TYPE_EXISTS(enum wide);
    answers[5] = TYPE_EXISTS(device_id);
    answers[6] = TYPE_EXISTS(callback);
    answers[7] = TYPE_EXISTS(struct nowhere);
    answers[8] = TYPE_EXISTS(enum missing);
    answers[9] = TYPE_EXISTS(u64);
    return 0;
}

SEC("xdp") int sizes(struct xdp_md *ctx)
{
    answers[0] = TYPE_SIZE(struct device);
    answers[1] = TYPE_SIZE(struct inner);
    answers[2] = TYPE_SIZE(union word);
    answers[3] = TYPE_SIZE(enum state);
    answers[4] = TYPE_SIZE(enum wide);
    answers[5] = TYPE_SIZE(device_id);
    answers[6] = TYPE_SIZE(callback);
    answers[7] = TYPE_SIZE(struct nowhere); // 0 where it is missing
    return 0;
}

// Match is stricter than existence: all local members must be there, with matching types, wherever they are.
SEC("xdp") int matches(struct xdp_md *ctx)
{
    answers[0] = TYPE_MATCHES(struct device);
    answers[1] = TYPE_MATCHES(struct inner);
    answers[2] = TYPE_MATCHES(union word);
    answers[3] = TYPE_MATCHES(enum state);
    answers[4] = TYPE_MATCHES(enum wide);
    answers[5] = TYPE_MATCHES(device_id);
    answers[6] = TYPE_MATCHES(callback);
    answers[7] = TYPE_MATCHES(struct nowhere);
    return 0;
}

LICENSE("GPL");
