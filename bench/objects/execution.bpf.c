// build: execution.o -mcpu=v3 -fno-vectorize -fno-slp-vectorize
// The 22 kinds of programs that engines are measured with: the same C for BPF and for the machine (bench/Ebpf.Bench/Execution). Each program makes its
// own input, so that every run does the same work, and returns a number that depends on all of it.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define NO_UNROLL _Pragma("clang loop unroll(disable)")

#ifdef __bpf__
struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };
#define PROGRAM(name) __attribute__((section("xdp"), used)) int name(struct xdp_md *ctx)
static u32 (*const get_cpu)(void) = (void *)8;
char _license[] __attribute__((section("license"), used)) = "GPL";
#else
struct xdp_md { u64 data, data_end; };
#define PROGRAM(name) __attribute__((visibility("default"))) int name(struct xdp_md *ctx)
static NOINLINE u32 get_cpu(void) { __asm__ volatile(""); return 0; }
#endif

#define DATA(ctx) ((u8 *)(unsigned long)(ctx)->data)
#define DATA_END(ctx) ((u8 *)(unsigned long)(ctx)->data_end)

u8 bytes_a[1024], bytes_b[1024];
u32 words[256];
u64 longs[64];
u64 counter;
u32 matrix_a[64], matrix_b[64], matrix_c[64];

static ALWAYS_INLINE u32 rotl32(u32 x, int n) { return (x << n) | (x >> (32 - n)); }
static ALWAYS_INLINE u64 rotl64(u64 x, int n) { return (x << n) | (x >> (64 - n)); }

static ALWAYS_INLINE u32 fill_bytes(u8 *to, u32 count, u32 seed)
{
    NO_UNROLL for (u32 i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        to[i] = seed >> 24;
    }
    return seed;
}

PROGRAM(nop) { return 2; }

PROGRAM(atomics)
{
    counter = 0;
    NO_UNROLL for (u32 i = 0; i < 200; i++)
        __sync_fetch_and_add(&counter, i);
    return counter;
}

PROGRAM(binsearch)
{
    NO_UNROLL for (u32 i = 0; i < 256; i++)
        words[i] = i * 3;
    u32 found = 0;
    NO_UNROLL for (u32 k = 0; k < 64; k++) {
        u32 key = (k * 37) & 1023, low = 0;
        NO_UNROLL for (u32 half = 128; half > 0; half >>= 1) {
            if (words[(low + half) & 255] <= key)
                low += half;
        }
        found += low;
    }
    return found;
}

PROGRAM(bubble_sort)
{
    u32 seed = 12345;
    NO_UNROLL for (u32 i = 0; i < 48; i++) {
        seed = seed * 1103515245 + 12345;
        words[i] = seed >> 16;
    }
    NO_UNROLL for (u32 i = 0; i < 47; i++) {
        NO_UNROLL for (u32 j = 0; j < 47 - i; j++) {
            u32 a = words[j], b = words[j + 1];
            if (a > b) {
                words[j] = b;
                words[j + 1] = a;
            }
        }
    }
    return words[0] + words[24] * 3 + words[47] * 7;
}

#define QUARTER(a, b, c, d) \
    a += b; d = rotl32(d ^ a, 16); c += d; b = rotl32(b ^ c, 12); \
    a += b; d = rotl32(d ^ a, 8); c += d; b = rotl32(b ^ c, 7);

PROGRAM(chacha20)
{
    u32 x0 = 0x61707865, x1 = 0x3320646e, x2 = 0x79622d32, x3 = 0x6b206574, x4 = counter, x5 = 5, x6 = 6, x7 = 7, x8 = 8, x9 = 9, x10 = 10, x11 = 11,
        x12 = 1, x13 = 13, x14 = 14, x15 = 15;
    NO_UNROLL for (int i = 0; i < 10; i++) {
        QUARTER(x0, x4, x8, x12) QUARTER(x1, x5, x9, x13) QUARTER(x2, x6, x10, x14) QUARTER(x3, x7, x11, x15)
        QUARTER(x0, x5, x10, x15) QUARTER(x1, x6, x11, x12) QUARTER(x2, x7, x8, x13) QUARTER(x3, x4, x9, x14)
    }
    words[0] = x0; words[1] = x1; words[2] = x2; words[3] = x3; words[4] = x4; words[5] = x5; words[6] = x6; words[7] = x7;
    words[8] = x8; words[9] = x9; words[10] = x10; words[11] = x11; words[12] = x12; words[13] = x13; words[14] = x14; words[15] = x15;
    return x0 ^ x5 ^ x10 ^ x15;
}

PROGRAM(checksum)
{
    u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 1024 > end)
        return 0;
    u64 sum = 0;
    NO_UNROLL for (u32 i = 0; i < 512; i++)
        sum += ((u16 *)data)[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (u16)~sum;
}

PROGRAM(collatz)
{
    u32 steps = 0;
    NO_UNROLL for (u32 start = 1; start < 40; start++) {
        u64 n = start;
        NO_UNROLL for (u32 i = 0; i < 112 && n != 1; i++) {
            n = n & 1 ? 3 * n + 1 : n >> 1;
            steps++;
        }
    }
    return steps;
}

PROGRAM(crc32_bit)
{
    fill_bytes(bytes_a, 64, 1);
    u32 crc = ~0u;
    NO_UNROLL for (u32 i = 0; i < 64; i++) {
        crc ^= bytes_a[i];
        NO_UNROLL for (u32 bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

PROGRAM(crc32_table)
{
    NO_UNROLL for (u32 i = 0; i < 256; i++)
        words[i] = i * 0x9e3779b1;
    u32 crc = ~0u;
    NO_UNROLL for (u32 i = 0; i < 1024; i++)
        crc = words[(crc ^ bytes_b[i]) & 255] ^ (crc >> 8);
    return ~crc;
}

PROGRAM(fib)
{
    u64 a = 0, b = 1;
    NO_UNROLL for (u32 i = 0; i < 1000; i++) {
        u64 next = a + b;
        a = b;
        b = next;
    }
    return a;
}

PROGRAM(helpercall)
{
    u64 sum = 0;
    NO_UNROLL for (u32 i = 0; i < 200; i++)
        sum += get_cpu() + i;
    return sum;
}

static NOINLINE u64 mix(u64 a, u64 b, u64 c)
{
    a ^= b * 31;
    a += c >> 3;
    return a ^ (a >> 7);
}

PROGRAM(localcall)
{
    u64 sum = counter;
    NO_UNROLL for (u32 i = 0; i < 200; i++)
        sum = mix(sum, i, sum);
    return sum;
}

static ALWAYS_INLINE u32 log2_of(u32 v)
{
    u32 shift, r = (v > 0xffff) << 4;
    v >>= r;
    shift = (v > 0xff) << 3; v >>= shift; r |= shift;
    shift = (v > 0xf) << 2; v >>= shift; r |= shift;
    shift = (v > 0x3) << 1; v >>= shift; r |= shift;
    return r | (v >> 1);
}

PROGRAM(log2_int)
{
    u32 sum = 0, seed = 1;
    NO_UNROLL for (u32 i = 0; i < 200; i++) {
        seed = seed * 1664525 + 1013904223;
        sum += log2_of(seed >> (i & 31));
    }
    return sum;
}

PROGRAM(matmul)
{
    NO_UNROLL for (u32 i = 0; i < 64; i++) {
        matrix_a[i] = i + 1;
        matrix_b[i] = 64 - i;
    }
    NO_UNROLL for (u32 i = 0; i < 8; i++) {
        NO_UNROLL for (u32 j = 0; j < 8; j++) {
            u32 sum = 0;
            NO_UNROLL for (u32 k = 0; k < 8; k++)
                sum += matrix_a[i * 8 + k] * matrix_b[k * 8 + j];
            matrix_c[i * 8 + j] = sum;
        }
    }
    return matrix_c[0] + matrix_c[27] + matrix_c[63];
}

PROGRAM(memcpy_byte)
{
    NO_UNROLL for (u32 i = 0; i < 1024; i++) {
        ((volatile u8 *)bytes_a)[i] = ((volatile u8 *)bytes_b)[i];
    }
    return bytes_a[100];
}

PROGRAM(memcpy_word)
{
    volatile u64 *to = (volatile u64 *)bytes_a, *from = (volatile u64 *)bytes_b;
    NO_UNROLL for (u32 i = 0; i < 128; i++)
        to[i] = from[i];
    return bytes_a[100];
}

static ALWAYS_INLINE u16 be16(u16 x) { return __builtin_bswap16(x); }

PROGRAM(pktparse)
{
    u8 *data = DATA(ctx), *end = DATA_END(ctx);
    if (data + 14 > end)
        return 0;
    u16 protocol = be16(*(u16 *)(data + 12));
    u8 *next = data + 14;
    if (protocol == 0x8100) {
        if (next + 4 > end)
            return 0;
        protocol = be16(*(u16 *)(next + 2));
        next += 4;
    }
    u32 hash = 0;
    u8 transport;
    if (protocol == 0x0800) {
        if (next + 20 > end)
            return 0;
        u32 length = (next[0] & 15) * 4;
        if (length < 20)
            return 0;
        transport = next[9];
        hash = *(u32 *)(next + 12) ^ rotl32(*(u32 *)(next + 16), 7);
        u32 sum = 0;
        for (int i = 0; i < 10; i++)
            sum += *(u16 *)(next + 2 * i);
        hash += (sum & 0xffff) + (sum >> 16);
        next += length;
    } else if (protocol == 0x86dd) {
        if (next + 40 > end)
            return 0;
        transport = next[6];
        for (int i = 0; i < 8; i++)
            hash = rotl32(hash, 5) ^ *(u32 *)(next + 8 + 4 * i);
        next += 40;
    } else {
        return 1;
    }
    if (transport == 17 || transport == 6) {
        if (next + 8 > end)
            return 0;
        hash ^= *(u32 *)next;
        hash = hash * 0x85ebca6b;
        hash ^= hash >> 13;
        hash *= 0xc2b2ae35;
        hash ^= be16(*(u16 *)(next + 4));
    }
    return hash;
}

PROGRAM(prime)
{
    u32 count = 0;
    NO_UNROLL for (u32 n = 2; n < 120; n++) {
        u32 is_prime = 1;
        NO_UNROLL for (u32 d = 2; d < 120; d++) {
            if (d * d > n)
                break;
            if (n % d == 0) {
                is_prime = 0;
                break;
            }
        }
        count += is_prime;
    }
    return count;
}

PROGRAM(sha256)
{
    u32 w[64];
    u32 seed = 99;
    NO_UNROLL for (u32 i = 0; i < 16; i++) {
        seed = seed * 1664525 + 1013904223;
        w[i] = seed;
    }
    NO_UNROLL for (u32 i = 16; i < 64; i++) {
        u32 s0 = rotl32(w[i - 15], 25) ^ rotl32(w[i - 15], 14) ^ (w[i - 15] >> 3);
        u32 s1 = rotl32(w[i - 2], 15) ^ rotl32(w[i - 2], 13) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    u32 a = 0x6a09e667, b = 0xbb67ae85, c = 0x3c6ef372, d = 0xa54ff53a, e = 0x510e527f, f = 0x9b05688c, g = 0x1f83d9ab, h = 0x5be0cd19;
    NO_UNROLL for (u32 i = 0; i < 64; i++) {
        u32 s1 = rotl32(e, 26) ^ rotl32(e, 21) ^ rotl32(e, 7);
        u32 t1 = h + s1 + ((e & f) ^ (~e & g)) + i * 0x428a2f98 + w[i];
        u32 s0 = rotl32(a, 30) ^ rotl32(a, 19) ^ rotl32(a, 10);
        u32 t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

#define SIPROUND \
    v0 += v1; v1 = rotl64(v1, 13) ^ v0; v0 = rotl64(v0, 32); v2 += v3; v3 = rotl64(v3, 16) ^ v2; \
    v0 += v3; v3 = rotl64(v3, 21) ^ v0; v2 += v1; v1 = rotl64(v1, 17) ^ v2; v2 = rotl64(v2, 32);

PROGRAM(siphash)
{
    u64 v0 = 0x736f6d6570736575, v1 = 0x646f72616e646f6d, v2 = 0x6c7967656e657261, v3 = 0x7465646279746573;
    NO_UNROLL for (u32 i = 0; i < 64; i++) {
        u64 m = *(u64 *)(bytes_b + 8 * i);
        v3 ^= m;
        SIPROUND SIPROUND
        v0 ^= m;
    }
    v2 ^= 0xff;
    SIPROUND SIPROUND SIPROUND SIPROUND
    return v0 ^ v1 ^ v2 ^ v3;
}

PROGRAM(stackarr)
{
    volatile u32 array[64];
    NO_UNROLL for (u32 i = 0; i < 64; i++)
        array[i] = i * 7;
    u32 sum = 0;
    NO_UNROLL for (u32 i = 0; i < 256; i++) {
        u32 at = (i * 13) & 63;
        sum += array[at];
        array[(at + 1) & 63] = sum;
    }
    return sum;
}

PROGRAM(compare)
{
    fill_bytes(bytes_a, 512, 7);
    fill_bytes(bytes_b, 512, 7);
    u32 i = 0;
    NO_UNROLL for (; i < 512; i++) {
        if (bytes_a[i] != bytes_b[i])
            break;
    }
    return i;
}

PROGRAM(switch_fsm)
{
    u32 state = 0, seed = 3, out = 0;
    NO_UNROLL for (u32 i = 0; i < 128; i++) {
        seed = seed * 1664525 + 1013904223;
        u32 input = seed >> 30;
        switch (state) {
        case 0: state = input == 1 ? 1 : input == 2 ? 3 : 0; break;
        case 1: state = input == 0 ? 2 : 1; out += 3; break;
        case 2: state = input < 2 ? 4 : 0; out ^= i; break;
        case 3: state = input == 3 ? 5 : 1; out += input; break;
        case 4: state = input ? 6 : 2; out <<= 1; break;
        case 5: state = 7 - input; out += 11; break;
        case 6: state = input == 2 ? 0 : 5; out ^= 0x55; break;
        default: state = 0; out++; break;
        }
    }
    return out + state;
}
