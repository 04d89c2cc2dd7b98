// Several programs in each of several sections, written in another order than the ELF file has them: by section, then by offset.
#include "contexts.h"

SEC("xdp") int xdp_first(struct xdp_md *ctx)
{
    return 11;
}

SEC("tc") int tc_first(struct __sk_buff *ctx)
{
    return 21;
}

SEC("xdp") int xdp_second(struct xdp_md *ctx)
{
    return 12;
}

SEC("socket") int socket_first(struct __sk_buff *ctx)
{
    return 31;
}

SEC("tc") int tc_second(struct __sk_buff *ctx)
{
    return 22;
}

SEC("xdp") int xdp_third(struct xdp_md *ctx)
{
    return 13;
}

LICENSE("GPL");
