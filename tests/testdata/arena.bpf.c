// build: arena.o -mcpu=v4
//
// An arena, and pointers into it: address space 1, conversions between address spaces as instructions.
#include "bpf.h"

#define ARENA __attribute__((address_space(1)))

struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARENA);
    MAP_NUMBER(map_flags, BPF_F_MMAPABLE);
    MAP_NUMBER(max_entries, 2); // pages
} arena SEC(".maps") = {};

extern void ARENA *bpf_arena_alloc_pages(void *map, void ARENA *at, u32 pages, int node, u64 flags)
    __attribute__((section(".ksyms"))) WEAK;

// 42
SEC("syscall") int uses_arena(void *ctx)
{
    int ARENA *page = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);

    if (!page)
        return 1;
    page[10] = 42;
    return page[10];
}

LICENSE("GPL");
