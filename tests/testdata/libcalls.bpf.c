// build: libcalls.o --strip-btf -fno-builtin
//
// memset, memcpy and memmove left as calls to undefined functions, as in objects that a loader was to resolve itself.
#include "bpf.h"

extern void *set(void *to, int value, u64 size) __asm__("memset");
extern void *copy(void *to, const void *from, u64 size) __asm__("memcpy");
extern void *move(void *to, const void *from, u64 size) __asm__("memmove");

// 5 * 16 = 80
SEC("xdp") int uses_libcalls(struct xdp_md *ctx)
{
    u8 a[16], b[16];
    int sum = 0;

    set(a, 5, sizeof(a));
    copy(b, a, sizeof(b));
    move(b, b + 4, 8);
    for (int i = 0; i < 16; i++)
        sum += b[i];
    return sum;
}

LICENSE("GPL");
