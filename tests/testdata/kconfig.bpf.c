// Values of the kernel's build configuration, and libbpf's own two virtual ones.
#include "externs.h"

extern u32 LINUX_KERNEL_VERSION KCONFIG;
extern _Bool LINUX_HAS_SYSCALL_WRAPPER KCONFIG WEAK;

extern _Bool CONFIG_BPF KCONFIG;
extern enum libbpf_tristate CONFIG_NET KCONFIG;
extern char CONFIG_BPF_SYSCALL KCONFIG;
extern u32 CONFIG_NR_CPUS KCONFIG WEAK;
extern u64 CONFIG_PAGE_OFFSET KCONFIG WEAK;
extern const char CONFIG_DEFAULT_HOSTNAME[16] KCONFIG WEAK;

// Nowhere defined, and weak: zero.
extern u32 CONFIG_NO_SUCH_NUMBER KCONFIG WEAK;
extern enum libbpf_tristate CONFIG_NO_SUCH_CHOICE KCONFIG WEAK;

// 1 for each that is as on every kernel that runs BPF.
SEC("xdp") int reads(struct xdp_md *ctx)
{
    return (LINUX_KERNEL_VERSION >= 0x050000) + CONFIG_BPF + (CONFIG_BPF_SYSCALL == 'y') + (CONFIG_NET == TRI_YES) +
           (CONFIG_NO_SUCH_NUMBER == 0) + (CONFIG_NO_SUCH_CHOICE == TRI_NO);
}

SEC("?xdp") int reads_more(struct xdp_md *ctx)
{
    return CONFIG_NR_CPUS + (CONFIG_PAGE_OFFSET >> 60) + CONFIG_DEFAULT_HOSTNAME[0] + LINUX_HAS_SYSCALL_WRAPPER;
}

LICENSE("GPL");
