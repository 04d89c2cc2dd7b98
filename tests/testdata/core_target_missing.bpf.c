// A target for CO-RE: members, types and enumerators are missing, and some have changed into something incompatible.
#include "bpf.h"

struct inner {
    int a;
};

enum state { STATE_IDLE = 0 };

struct device {
    u32 id;
    struct inner nested;      // without b
    u64 counters[2];          // shorter: element 2 is out of bounds
    struct inner level;       // was a number
    char old_name[16];        // was name
    int *matrix;              // was an array
};

struct device device;
enum state state;
