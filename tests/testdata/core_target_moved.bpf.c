// A target for CO-RE: the same members at other places, of other sizes and signs; enumerators of other values.
#include "bpf.h"

struct extra {
    u64 x[3];
};

struct inner {
    struct extra extra;
    u64 b; // before `a`
    s64 a; // wider
};

union word {
    u16 halves[4];
    u64 whole;
};

enum state { STATE_NEW = 0, STATE_IDLE = 10, STATE_BUSY = 20, STATE_GONE = -3 };

enum wide { WIDE_BIG = 0xfedcba987654ull, WIDE_SMALL = 7 };

typedef u32 device_id;
typedef int (*callback)(struct inner *inner, u64 value);

struct device {
    u64 added;
    union word word;
    enum state state;
    struct {
        struct {
            s16 level; // in anonymous structs: still a member of device
        };
        int between;
    };
    u32 unused : 3;
    u32 kind : 7;
    s32 delta : 11; // other bits, other width
    u8 flags;       // no longer a bit field
    char name[32];
    u64 counters[8];
    struct inner *link;
    struct inner nested;
    int matrix[4][3];
    union {
        u64 as_long;
        u64 as_int;
    };
    u64 id;
};

struct device device;
enum state state;
enum wide wide;
device_id number;
callback function;
