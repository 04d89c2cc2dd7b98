// Pointers in data to other data: relocations that no loader applies, as the addresses mean nothing before the maps exist.
#include "bpf.h"

int target = 5;
int *pointer = &target;
static int values[4] = { 1, 2, 3, 4 };
int *const third = &values[2];

SEC("xdp") int direct(struct xdp_md *ctx)
{
    return target + values[1];
}

SEC("xdp") int pointer_is_null(struct xdp_md *ctx)
{
    return *(int *volatile *)&pointer == NULL;
}

LICENSE("GPL");
