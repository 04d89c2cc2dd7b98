namespace Ebpf.Tests.Oracle;

public sealed class KernelVerdictTests
{
    private const string Accepts = "accepts";
    private const string Refuses = "refuses";

    /// <summary>Where the verdict is another, and why that is so.</summary>
    private static readonly Dictionary<(string File, string Program), string> Known = new()
    {
        [("arena.o", "uses_arena")] = "arenas need page faults that only a kernel takes",
        [("exceptions.o", "throws")] = "bpf_throw is a kernel function, and the embedded platform has none",
        [("exceptions.o", "throws_without_callback")] = "bpf_throw is a kernel function, and the embedded platform has none",
        [("kfuncs.o", "calls")] = "the embedded platform has no kernel functions",
        [("kfuncs.o", "calls_if_there")] = "the embedded platform has no kernel functions, and one that is not weak is missing for every program of the object",
        [("ksyms.o", "addresses")] = "the embedded platform has no kernel symbols",
        [("struct_ops.o", "avoid")] = "struct_ops are the kernel's own structures",
        [("struct_ops.o", "threshold")] = "struct_ops are the kernel's own structures",
        [("struct_ops.o", "undo")] = "struct_ops are the kernel's own structures",
        [("user_ringbuf.o", "drain")] = "the embedded platform has no user ring buffers",
        [("verdicts.o", "callback_index_is_bounded")] = "bpf_loop() gives indices below the number of rounds, which the kernel's verifier does not know",
        [("rejects.o", "unreachable_code")] = "code that no path reaches does no harm; eBPF for Windows takes it, and so does this verifier",
    };

    /// <summary>What the kernel that recorded the table is configured with, as far as an object asks.</summary>
    private static readonly LoadOptions Options = new()
    {
        KernelConfig = new Dictionary<string, string> { ["CONFIG_BPF"] = "y", ["CONFIG_BPF_SYSCALL"] = "y", ["CONFIG_NET"] = "y" },
    };

    public static TheoryData<string> Files => [.. KernelTables.Verdicts.Select(static v => v.File).Distinct()];

    [Theory, MemberData(nameof(Files))]
    public void What_the_kernel_accepts_is_accepted_and_what_it_refuses_is_refused(string file)
    {
        var differences = new Differences(file, Known);
        foreach (Verdict verdict in KernelTables.Verdicts.Where(v => v.File == file))
        {
            string ours = Ours(verdict, out string reason);
            differences.Expect(verdict.Program, "", verdict.Error == 0 ? Accepts : Refuses, ours, reason);
        }

        differences.Assert();
    }

    private static string Ours(Verdict verdict, out string reason)
    {
        reason = "";
        try
        {
            using LoadedObject live = KernelTables.OpenFor(verdict.File, verdict.Program).Load(Options);
            return Accepts;
        }
        catch (BpfException e)
        {
            reason = e.Message;
            return Refuses;
        }
    }
}
