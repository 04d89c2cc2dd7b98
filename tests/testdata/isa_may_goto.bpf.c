// build: isa_may_goto.o -mcpu=v4
//
// may_goto: a loop whose end the verifier need not prove, as the instruction leaves it after some millions of turns.
#include "input.h"

// The number of steps of the Collatz sequence from the first byte of the packet (plus one), and 27 gives 111.
SEC("xdp") int collatz(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    if (!in)
        return -1;

    u64 number = (in->a & 0xff) + 1;
    u32 steps = 0;

    while (number != 1) {
        asm goto("may_goto %l[out]" : : : : out);
        number = number & 1 ? number * 3 + 1 : number / 2;
        steps++;
    }
out:
    return steps;
}

LICENSE("GPL");
