// `skipped` alone needs a kernel symbol that does not exist. A strong extern that cannot be resolved fails the load even then.
#include "externs.h"

extern const void no_such_kernel_symbol KSYM;

SEC("xdp") int loaded(struct xdp_md *ctx)
{
    return 2;
}

SEC("?xdp") int skipped(struct xdp_md *ctx)
{
    return (long)&no_such_kernel_symbol >> 4;
}

LICENSE("GPL");
