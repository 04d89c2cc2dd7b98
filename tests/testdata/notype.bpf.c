// A program whose symbol has neither type nor size, as assemblers leave it: libbpf does not see it, and its section has no program.
#include "bpf.h"

asm(".section socket, \"ax\"\n\t"
    ".globl from_assembler\n"
    "from_assembler:\n\t"
    "r0 = 7\n\t"
    "exit\n\t"
    ".text");

SEC("xdp") int from_compiler(struct xdp_md *ctx)
{
    return XDP_PASS;
}

LICENSE("GPL");
