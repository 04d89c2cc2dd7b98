using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Features;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>What kinds of attachments the running kernel has: read from its own types, and kept, as it does not change.</summary>
internal static class KernelFeatures
{
    private static readonly Lazy<bool> s_uprobeMulti = new(static () => Has("bpf_uprobe_multi_link", BtfKind.Struct, KernelVersion.Number(6, 6, 0)));
    private static readonly Lazy<bool> s_cookies = new(static () => Has("bpf_get_attach_cookie_trace", BtfKind.Func, KernelVersion.Number(5, 15, 0)));

    /// <summary>One link for many places of a user program; since Linux 6.6.</summary>
    public static bool UprobeMulti => s_uprobeMulti.Value;

    /// <summary>bpf_get_attach_cookie for probes; since Linux 5.15.</summary>
    public static bool Cookies => s_cookies.Value;

    private static bool Has(string name, BtfKind kind, uint since) => KernelBtf.Exists
        ? KernelBtf.Open().FindByName(name, kind) is not null
        : KernelVersion.Running >= since;
}
