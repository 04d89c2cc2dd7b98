// What the guest's probes are attached to: functions, and a tracepoint with a counter of its listeners.
//
// target N calls each function N times and passes the tracepoint N times. Its exit code is how often somebody listened there.
#include <stdlib.h>

#define NOINLINE __attribute__((noinline, noclone))

// The counter that says whether somebody listens at the tracepoint: the kernel counts it up in each process.
__attribute__((section(".probes"))) volatile unsigned short counted_semaphore;

NOINLINE long probed_add(long a, long b)
{
    __asm__ volatile("" : "+r"(a));
    return a + b;
}

NOINLINE long probed_subtract(long a, long b)
{
    __asm__ volatile("" : "+r"(a));
    return a - b;
}

// A tracepoint is one instruction, and a note: where it is, where the mark for prelinking and the counter are, names, arguments.
// Its four arguments: an int in a register, a long in memory, a constant, a byte in a register.
static void pass_tracepoint(int number, long *place, unsigned char small)
{
    __asm__ volatile(
        "990: nop\n"
        ".pushsection .note.stapsdt, \"\", \"note\"\n"
        ".balign 4\n"
        ".4byte 992f - 991f, 994f - 993f, 3\n"
        "991: .asciz \"stapsdt\"\n"
        "992: .balign 4\n"
        "993: .8byte 990b, _.stapsdt.base, counted_semaphore\n"
        ".asciz \"ebpf_test\"\n"
        ".asciz \"counted\"\n"
        ".asciz \"-4@%k0 8@%1 -4@$-17 1@%b2\"\n"
        "994: .balign 4\n"
        ".popsection\n"
        ".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"
        ".weak _.stapsdt.base\n"
        ".hidden _.stapsdt.base\n"
        "_.stapsdt.base: .space 1\n"
        ".size _.stapsdt.base, 1\n"
        ".popsection\n"
        : : "r"(number), "m"(*place), "r"(small));
}

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 0, listened = 0;
    long sum = 0;
    for (int i = 0; i < times; i++) {
        sum += probed_add(i, 7);
        sum -= probed_subtract(i, 7);
        long place = 1L << 40;
        // The compiler must not know the value, or it would be no memory operand.
        __asm__ volatile("" : "+m"(place));
        listened += counted_semaphore != 0;
        pass_tracepoint(-1 - i, &place, 200);
    }

    return sum == 14L * times ? listened : 255;
}
