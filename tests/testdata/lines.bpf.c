// build: lines.o
// build: lines_dwarf.o --keep-dwarf
//
// Line information from two files, and macros that stand for several lines; one object keeps its DWARF, with the relocations that DWARF needs.
#include "shared_code.h"

#define TWO_STEPS(value) \
    ({                   \
        value += 1;      \
        value *= 2;      \
        value;           \
    })

SEC("xdp") int lines(struct xdp_md *ctx)
{
    u32 length = ctx->data_end - ctx->data;
    u32 result = from_header(length);

    result += TWO_STEPS(length);

    if (result > 1000)
        return from_header(result);
    return result;
}

LICENSE("GPL");
