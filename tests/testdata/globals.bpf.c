// Global data in every section that can hold it, of every sort of type.
#include "bpf.h"

enum level { LOW = 1, MIDDLE = 5, HIGH = 10 };

struct point {
    s32 x, y;
    char label[8];
};

union number {
    u32 whole;
    u8 parts[4];
};

// .data
int answer = 42;
u8 small = 200;
s16 negative = -300;
u64 big = 0x1122334455667788;
_Bool flag = 1;
enum level level = MIDDLE;
struct point corner = { 3, -4, "corner" };
union number number = { .whole = 0x01020304 };
u32 table[4] = { 1, 10, 100, 1000 };
struct point shape[2] = { { 1, 2, "a" }, { 3, 4, "b" } };
char text[16] = "hello";
static int hidden = 7; // a local symbol: relocations are against the section

// .rodata: constants for the verifier, once the object is loaded
const volatile u32 limit = 100;
const volatile _Bool verbose = 0;
const volatile u64 weights[3] = { 2, 3, 5 };
static const volatile s64 offset = -5;

// .bss
u64 counter;
u32 history[8];
static u64 total;

// Sections of one's own become maps of their own.
u32 in_data SEC(".data.settings") = 77;
const volatile u32 in_rodata SEC(".rodata.tables") = 88;
u32 in_bss SEC(".bss.scratch");

SEC("xdp") int reads(struct xdp_md *ctx)
{
    return answer + small + negative + flag + level + corner.x * corner.y + number.parts[0] + table[3] + hidden;
}

SEC("xdp") int reads_constants(struct xdp_md *ctx)
{
    u64 sum = limit + offset;

    for (int i = 0; i < 3; i++)
        sum += weights[i];
    return verbose ? -1 : sum;
}

// Returns how often it ran.
SEC("xdp") int writes(struct xdp_md *ctx)
{
    counter++;
    total += counter;
    history[counter & 7] = total;
    big += 1;
    return counter;
}

SEC("xdp") int custom_sections(struct xdp_md *ctx)
{
    in_bss += 1;
    in_data += in_bss;
    return in_data + in_rodata;
}

LICENSE("GPL");
