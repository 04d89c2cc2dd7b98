// A configuration value that does not exist, and is not weak: the load fails.
#include "externs.h"

extern u32 CONFIG_NO_SUCH_NUMBER KCONFIG;

SEC("xdp") int reads(struct xdp_md *ctx)
{
    return CONFIG_NO_SUCH_NUMBER;
}

LICENSE("GPL");
