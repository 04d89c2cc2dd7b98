// A program whose global function can be replaced. It answers 41 + 1 until then.
#include "bpf.h"

LICENSE("GPL");

NOINLINE int answer(int question)
{
    volatile int result = question;
    return result + 1;
}

SEC("xdp")
int ask(struct xdp_md *ctx)
{
    return answer(41);
}
