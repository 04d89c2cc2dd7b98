// CO-RE questions about enumerators, of 32 and of 64 bits. They are looked for by name; values may change.
#include "core_local.h"

s64 answers[16];

SEC("xdp") int exists(struct xdp_md *ctx)
{
    answers[0] = ENUM_EXISTS(enum state, STATE_IDLE);
    answers[1] = ENUM_EXISTS(enum state, STATE_BUSY);
    answers[2] = ENUM_EXISTS(enum state, STATE_GONE);
    answers[3] = ENUM_EXISTS(enum wide, WIDE_SMALL);
    answers[4] = ENUM_EXISTS(enum wide, WIDE_BIG);
    answers[5] = ENUM_EXISTS(enum missing, MISSING_ONE);
    return 0;
}

SEC("xdp") int values(struct xdp_md *ctx)
{
    answers[0] = ENUM_VALUE(enum state, STATE_IDLE);
    answers[1] = ENUM_VALUE(enum state, STATE_BUSY);
    answers[2] = (s32)ENUM_VALUE(enum state, STATE_GONE);
    answers[3] = ENUM_VALUE(enum wide, WIDE_SMALL);
    answers[4] = ENUM_VALUE(enum wide, WIDE_BIG);
    return 0;
}

SEC("xdp") int guarded(struct xdp_md *ctx)
{
    answers[0] = ENUM_EXISTS(enum state, STATE_IDLE) ? ENUM_VALUE(enum state, STATE_IDLE) : -1;
    answers[1] = ENUM_EXISTS(enum state, STATE_BUSY) ? ENUM_VALUE(enum state, STATE_BUSY) : -1;
    return 0;
}

LICENSE("GPL");
