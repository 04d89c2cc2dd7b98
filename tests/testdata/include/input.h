// Inputs for programs that compute: numbers and bytes of the packet, so that neither the compiler nor the verifier knows them.
#pragma once

#include "bpf.h"

// The first bytes of every packet that these programs take.
struct input {
    u64 a;
    u64 b;
    u8 bytes[48];
};

// The input, or NULL where the packet is shorter than 64 bytes.
INLINE const struct input *input_of(struct xdp_md *ctx)
{
    const struct input *input = (void *)(long)ctx->data;

    return (void *)(input + 1) > (void *)(long)ctx->data_end ? NULL : input;
}

// Runs one hash over many results, so that a program's single return value tells whether any of them differs.
INLINE u64 mix(u64 hash, u64 value)
{
    return (hash ^ value) * 0x9e3779b97f4a7c15ull + (hash >> 29);
}
