// bpf_throw, and the function that a declaration tag names as the program's exception callback.
#include "externs.h"
#include "contexts.h"

extern void bpf_throw(u64 cookie) KSYM;

// In .text, and reached by nothing but the tag.
NOINLINE int on_exception(u64 cookie)
{
    asm volatile("" : "+r"(cookie));
    return cookie + 100;
}

// 107
SEC("tc") __attribute__((btf_decl_tag("exception_callback:on_exception"))) int throws(struct __sk_buff *ctx)
{
    bpf_throw(7);
    return 1;
}

// 64 for a packet of 64 bytes: without a callback the cookie is the result.
SEC("tc") int throws_without_callback(struct __sk_buff *ctx)
{
    if (ctx->len > 10)
        bpf_throw(ctx->len);
    return 1;
}

LICENSE("GPL");
