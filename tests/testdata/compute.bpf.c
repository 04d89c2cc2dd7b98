// build: compute_v1.o -mcpu=v1
// build: compute_v2.o -mcpu=v2
// build: compute_v3.o -mcpu=v3
// build: compute_v4.o -mcpu=v4
//
// Well-known computations over the first 64 bytes of the packet, compiled for each version of the instruction set: the results are the same.
#include "input.h"

#define LOOP _Pragma("clang loop unroll(disable)")

// The Internet checksum.
SEC("xdp") int checksum(struct xdp_md *ctx)
{
    const u16 *words = (const u16 *)input_of(ctx);
    u32 sum = 0;

    if (!words)
        return -1;
    LOOP for (int i = 0; i < 32; i++)
        sum += words[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

// CRC-32, a bit at a time.
SEC("xdp") int crc32(struct xdp_md *ctx)
{
    const u8 *bytes = (const u8 *)input_of(ctx);
    u32 crc = ~0u;

    if (!bytes)
        return -1;
    LOOP for (int i = 0; i < 64; i++) {
        crc ^= bytes[i];
        LOOP for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

// FNV-1a, 64 bits folded to 32.
SEC("xdp") int fnv(struct xdp_md *ctx)
{
    const u8 *bytes = (const u8 *)input_of(ctx);
    u64 hash = 0xcbf29ce484222325;

    if (!bytes)
        return -1;
    LOOP for (int i = 0; i < 64; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash ^ hash >> 32;
}

// Sorts sixteen bytes on the stack; returns the third, the middle and the last.
SEC("xdp") int sort(struct xdp_md *ctx)
{
    const u8 *bytes = (const u8 *)input_of(ctx);
    u8 sorted[16];

    if (!bytes)
        return -1;
    __builtin_memcpy(sorted, bytes, sizeof(sorted));
    LOOP for (int end = 15; end > 0; end--) {
        LOOP for (int i = 0; i < 15; i++) {
            if (i >= end)
                break;
            u8 low = sorted[i], high = sorted[i + 1];
            sorted[i] = low < high ? low : high;
            sorted[i + 1] = low < high ? high : low;
        }
    }
    return sorted[2] << 16 | sorted[8] << 8 | sorted[15];
}

// Greatest common divisor of two numbers of sixteen bits.
SEC("xdp") int gcd(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    if (!in)
        return -1;
    u32 a = in->a & 0xffff, b = in->b & 0xffff;
    LOOP for (int i = 0; i < 32; i++) {
        if (b == 0)
            break;
        u32 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// The upper half of a 128-bit product, from four 64-bit ones.
SEC("xdp") int multiply_high(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    if (!in)
        return -1;
    u64 low_a = (u32)in->a, high_a = in->a >> 32, low_b = (u32)in->b, high_b = in->b >> 32;
    u64 middle = high_a * low_b + (low_a * low_b >> 32);
    u64 other = low_a * high_b + (u32)middle;
    u64 high = high_a * high_b + (middle >> 32) + (other >> 32);
    return high ^ high >> 32;
}

// Bits that are set, leading zeroes, and the bits in reverse order.
SEC("xdp") int bit_counts(struct xdp_md *ctx)
{
    const struct input *in = input_of(ctx);

    if (!in)
        return -1;
    u64 a = in->a;
    u64 set = a - (a >> 1 & 0x5555555555555555);
    set = (set & 0x3333333333333333) + (set >> 2 & 0x3333333333333333);
    set = (set + (set >> 4) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;

    u32 zeroes = 0;
    LOOP for (int i = 63; i >= 0; i--) {
        if (in->b >> i & 1)
            break;
        zeroes++;
    }

    u32 reversed = 0, rest = a;
    LOOP for (int i = 0; i < 32; i++) {
        reversed = reversed << 1 | (rest & 1);
        rest >>= 1;
    }
    return reversed ^ (set << 8 | zeroes);
}

// A decimal number at the start of the packet, up to nine digits.
SEC("xdp") int parse_number(struct xdp_md *ctx)
{
    const u8 *bytes = (const u8 *)input_of(ctx);
    u32 number = 0;

    if (!bytes)
        return -1;
    LOOP for (int i = 0; i < 9; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            break;
        number = number * 10 + (bytes[i] - '0');
    }
    return number;
}

// Two 3x3 matrices of bytes; the sum of the product's elements, each weighted by its place.
SEC("xdp") int matrices(struct xdp_md *ctx)
{
    const u8 *bytes = (const u8 *)input_of(ctx);
    s32 product[9];
    u32 sum = 0;

    if (!bytes)
        return -1;
    LOOP for (u32 row = 0; row < 3; row++) {
        LOOP for (u32 column = 0; column < 3; column++) {
            s32 element = 0;
            for (u32 k = 0; k < 3; k++)
                element += (s8)bytes[row * 3 + k] * (s8)bytes[9 + k * 3 + column];
            product[row * 3 + column] = element;
        }
    }
    LOOP for (u32 i = 0; i < 9; i++)
        sum = sum * 31 + product[i];
    return sum;
}

// Signed comparisons and shifts: the sum of the absolute differences of neighbours, and half of the smallest one.
SEC("xdp") int differences(struct xdp_md *ctx)
{
    const s8 *bytes = (const s8 *)input_of(ctx);
    s32 sum = 0, smallest = 1000;

    if (!bytes)
        return -1;
    LOOP for (int i = 0; i < 63; i++) {
        s32 difference = bytes[i + 1] - bytes[i];
        sum += difference < 0 ? -difference : difference;
        if (difference < smallest)
            smallest = difference;
    }
    return sum * 1000 + (smallest >> 1);
}

// Compilers turn this into a table of jumps or constants.
SEC("xdp") int classify(struct xdp_md *ctx)
{
    const u8 *bytes = (const u8 *)input_of(ctx);
    u32 counts = 0;

    if (!bytes)
        return -1;
    LOOP for (int i = 0; i < 64; i++) {
        switch (bytes[i] >> 5) {
        case 0:
            counts += 1;
            break;
        case 1:
            counts += 100;
            break;
        case 3:
            counts ^= 0x55;
            break;
        case 4:
        case 6:
            counts += bytes[i];
            break;
        case 7:
            counts <<= 1;
            break;
        default:
            counts -= 3;
        }
    }
    return counts;
}

LICENSE("GPL");
