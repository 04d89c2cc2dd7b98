// A target for CO-RE with two candidates for each type, as flavours of one name: they agree on some members and not on others.
#include "bpf.h"

struct inner {
    int a;
    u64 b;
};

struct device {
    u32 id;
    char name[16];
    s16 level;
    struct inner nested;
};

struct device___other {
    u32 id;         // at the same place
    char name[16];
    u64 more;
    s16 level;      // at another
    struct inner nested;
};

struct device device;
struct device___other other;
