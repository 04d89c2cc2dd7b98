// A licence that is not the GPL, and a kernel version, as kprobes needed it before Linux 5.0.
#include "contexts.h"

u32 _version SEC("version") = 0x050f2a; // 5.15.42

SEC("kprobe/do_nothing") int probe(struct pt_regs *ctx)
{
    return 0;
}

char _license[] SEC("license") = "Proprietary";
