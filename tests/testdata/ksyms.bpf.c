// Addresses of kernel symbols: typed ones are found in the kernel's BTF, those of type void in its symbol table.
#include "externs.h"

// Kind and name are compared, members are not.
struct rq {
    int cpu;
};

extern const int bpf_prog_active KSYM;         // per-CPU, an int
extern const struct rq runqueues KSYM WEAK;    // per-CPU, a struct
extern const void bpf_prog_put KSYM;           // without a type
extern const void no_such_symbol KSYM WEAK;    // without a type, and missing
extern const int no_such_variable KSYM WEAK;   // typed, and missing

BPF_HELPER(153, void *, bpf_per_cpu_ptr, const void *variable, u32 cpu);
BPF_HELPER(154, void *, bpf_this_cpu_ptr, const void *variable);

// 0, on a kernel whose symbol table has data (CONFIG_KALLSYMS_ALL).
SEC("?raw_tp") int typed(void *ctx)
{
    const int *active = bpf_this_cpu_ptr(&bpf_prog_active);

    return *active;
}

// Bit 0: the function has an address. Bits 1 and 2: missing symbols have none.
SEC("raw_tp") int addresses(void *ctx)
{
    return ((long)&bpf_prog_put >> 8 != 0) | (&no_such_symbol == NULL) << 1 | (&no_such_variable == NULL) << 2;
}

SEC("?raw_tp") int per_cpu(void *ctx)
{
    return bpf_per_cpu_ptr(&runqueues, 0) != NULL;
}

LICENSE("GPL");
