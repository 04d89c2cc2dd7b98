using Ebpf.Bytecode.Btf;

namespace Ebpf.Verifier.Prototypes;

/// <summary>
/// The structures of Linux's contexts as type information: what a program's <c>struct xdp_md___mine</c> with some of the fields is adapted to
/// where there is no kernel to ask. Only structures whose layout is part of the kernel's interface to programs are among them.
/// </summary>
internal static class ContextTypes
{
    private const string Prefix = "struct ";

    private static readonly string[] Names =
    [
        "struct __sk_buff", "struct xdp_md", "struct bpf_sock_addr", "struct bpf_sock", "struct bpf_sock_ops", "struct sk_msg_md", "struct sk_reuseport_md",
        "struct bpf_sk_lookup", "struct bpf_sysctl", "struct bpf_sockopt", "struct bpf_cgroup_dev_ctx", "struct bpf_tcp_sock", "struct bpf_xdp_sock",
    ];

    private static readonly Lazy<BtfView> View = new(Build);

    /// <summary>The structures, each with every field that any type of program sees of it.</summary>
    public static BtfView Types => View.Value;

    private static BtfView Build()
    {
        var writer = new BtfWriter();
        foreach (IGrouping<string, ContextLayout> layouts in ContextLayouts.All.Where(l => Names.Contains(l.Name)).GroupBy(l => l.Name))
        {
            IEnumerable<ContextField> fields = layouts.SelectMany(l => l.Fields).DistinctBy(f => f.Name).OrderBy(f => f.Offset);
            writer.Struct(layouts.Key[Prefix.Length..], layouts.First().Size, [.. fields]);
        }
        return BtfView.Read(writer.Bytes(), "contexts");
    }
}
