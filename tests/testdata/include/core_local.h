// The types as the CO-RE test programs were compiled with them. What the "kernel" has is in core_target_*.bpf.c.
#pragma once

#include "core.h"

struct inner {
    int a;
    u64 b;
} CORE;

union word {
    u32 whole;
    u16 halves[2];
} CORE;

enum state { STATE_IDLE = 0, STATE_BUSY = 1, STATE_GONE = 2 };

enum wide { WIDE_SMALL = 1, WIDE_BIG = 0x123456789abcull };

typedef u32 device_id;
typedef int (*callback)(struct inner *inner, u64 value);

struct device {
    device_id id;
    char name[16];
    s16 level;
    struct inner nested;
    struct inner *link;
    u32 flags : 5;
    u32 kind : 7;
    s32 delta : 9;
    u64 counters[4];
    union {
        u32 as_int;
        u64 as_long;
    };
    int matrix[2][3];
    enum state state;
    union word word;
} CORE;

// In no target.
struct nowhere {
    int member;
} CORE;

enum missing { MISSING_ONE = 1 };
