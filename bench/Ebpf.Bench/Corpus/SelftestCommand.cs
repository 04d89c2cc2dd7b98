using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Bench.Corpus;

/// <summary>
/// <c>selftests DIRECTORY [--btf FILE] [--only TEXT] [-v]</c>: holds our verdicts against those that the kernel's own selftests (progs/verifier_*.c)
/// carry in their type information, as tests/testing/selftests/bpf/progs/bpf_misc.h writes them.
/// </summary>
internal static class SelftestCommand
{
    internal static int Run(string[] arguments)
    {
        string? directory = null, btf = null, only = null;
        bool verbose = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--btf" when i + 1 < arguments.Length:
                    btf = arguments[++i];
                    break;
                case "--only" when i + 1 < arguments.Length:
                    only = arguments[++i];
                    break;
                case "-v":
                    verbose = true;
                    break;
                default:
                    directory = arguments[i];
                    break;
            }
        }

        if (directory is null || !Directory.Exists(directory))
        {
            Console.Error.WriteLine("selftests: name a directory of the kernel's selftests, compiled");
            return 2;
        }

        BtfView? kernel = btf is not null ? BtfView.Open(btf) : BtfView.TryOpenKernel(out BtfView? running) ? running : null;
        new Comparison(kernel, only, verbose).Run(directory);
        return 0;
    }

    /// <summary>What a test says of itself.</summary>
    /// <param name="Succeeds">Whether it is to load; null where it does not say.</param>
    /// <param name="Why">Why it is not for us; null where it is.</param>
    /// <param name="Messages">What the kernel's log is to say.</param>
    private sealed record Expectation(bool? Succeeds, string? Why, bool IsSleepable, bool HandlesFragments, bool IsAlignedStrictly, List<string> Messages);

    private sealed class Comparison(BtfView? kernel, string? only, bool verbose)
    {
        private const string Prefix = "comment:";

        private readonly SortedDictionary<string, int> _table = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, int> _reasons = new(StringComparer.Ordinal);

        internal void Run(string directory)
        {
            foreach (string path in Directory.EnumerateFiles(directory, "*.o").Order(StringComparer.Ordinal))
            {
                CorpusObject opened;
                try
                {
                    opened = CorpusObject.Open(path, kernel);
                }
                catch (BpfException error)
                {
                    Console.WriteLine($"{Path.GetFileName(path)}: does not open: {error.Message}");
                    continue;
                }

                foreach (FunctionImage program in opened.Programs)
                    Test(opened, Path.GetFileNameWithoutExtension(path), program);
            }

            foreach ((string reason, int count) in _reasons.OrderByDescending(r => r.Value).Take(70))
                Console.WriteLine($"{count,5}  {reason}");
            foreach ((string key, int count) in _table)
                Console.WriteLine($"{count,5}  {key}");
            Rate("success", "accepted");
            Rate("failure", "refused");
        }

        private void Rate(string expected, string verdict)
        {
            int right = _table.GetValueOrDefault($"{expected} -> {verdict}");
            int all = right + _table.GetValueOrDefault($"{expected} -> {(verdict == "accepted" ? "refused" : "accepted")}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{expected}: {right} of {all} as annotated, {100.0 * right / Math.Max(all, 1):f1} %"));
        }

        private void Test(CorpusObject opened, string file, FunctionImage program)
        {
            string name = $"{file}:{program.Name}";
            if (only is not null && !name.Contains(only, StringComparison.Ordinal))
                return;
            Expectation expected = Read(opened.Types, program);
            if (expected.Succeeds is not { } succeeds)
                return;
            string word = succeeds ? "success" : "failure";
            if (expected.Why is { } why)
            {
                Count(_table, $"{word} -> not applicable: {why}");
                return;
            }

            VerificationResult result;
            try
            {
                ProgramSpec spec = opened.Link(program);
                spec = spec with { IsSleepable = spec.IsSleepable || expected.IsSleepable, HandlesFragments = spec.HandlesFragments || expected.HandlesFragments };
                VerifierOptions options = VerifierOptions.Default with { KernelTypes = kernel, Target = VerifierTarget.Linux, StrictAlignment = expected.IsAlignedStrictly, Verbose = only is not null && verbose };
                result = ProgramVerifier.Verify(spec, opened.Maps, options);
            }
            catch (BpfException error)
            {
                Count(_table, $"{word} -> {(succeeds ? "does not link" : "refused")}");
                if (verbose)
                    Console.WriteLine($"{word} unlinked {name}: {error.Message}");
                return;
            }

            if (result.Rejection is { } foreign && foreign.Rule == Rule.KernelFunction && foreign.Reason.Contains("does not exist", StringComparison.Ordinal))
            {
                Count(_table, $"{word} -> not applicable: kernel function of a test module");
                return;
            }

            Count(_table, $"{word} -> {(result.IsAccepted ? "accepted" : "refused")}");
            if (succeeds && result.Rejection is { } rejection)
                Count(_reasons, $"{rejection.Rule}: {(rejection.Reason.Length > 100 ? rejection.Reason[..100] : rejection.Reason)}");
            if (verbose && (succeeds != result.IsAccepted || only is not null))
            {
                Console.WriteLine(result.Rejection is { } refused
                    ? $"{word} refused  {name}: insn {refused.Instruction} ({result.ProcessedInstructions}): {refused.Rule}: {refused.Reason}"
                    : $"{word} accepted {name} [{program.SectionName}]: {string.Join(" | ", expected.Messages)}");
                if (only is not null)
                    Console.WriteLine(result.Log);
            }
        }

        private static Expectation Read(BtfView? types, FunctionImage program)
        {
            bool? succeeds = null;
            string? why = null;
            bool sleeps = false, fragments = false, strict = false, forX64 = false, forOthers = false;
            List<string> messages = [];
            if (types is not null && program.TypeId != 0)
            {
                foreach (BtfType tag in types.DeclTags(program.TypeId))
                {
                    string text = tag.Name;
                    if (!text.StartsWith(Prefix, StringComparison.Ordinal) || tag.ComponentIndex != -1)
                        continue;
                    // Newer ones carry a number, so that tags stay in order.
                    (string key, string value) = Split(text.AsSpan(Prefix.Length).TrimStart("0123456789").TrimStart(":").ToString());
                    switch (key)
                    {
                        case "test_expect_success":
                            succeeds = true;
                            break;
                        case "test_expect_failure":
                            succeeds = false;
                            break;
                        case "test_expect_msg":
                            messages.Add(value);
                            break;
                        case "test_auxiliary":
                            why = "auxiliary";
                            break;
                        case "load_mode" when value == "no_jited":
                            why = "only without compiler";
                            break;
                        case "test_btf_path":
                            why = "of a test module";
                            break;
                        case "test_prog_flags":
                            sleeps |= value == "BPF_F_SLEEPABLE";
                            fragments |= value == "BPF_F_XDP_HAS_FRAGS";
                            strict |= value == "BPF_F_STRICT_ALIGNMENT";
                            break;
                        case "test_arch":
                            forX64 |= value == "X86_64";
                            forOthers |= value != "X86_64";
                            break;
                    }
                }
            }

            if (forOthers && !forX64)
                why = "another processor";
            return new Expectation(succeeds, why, sleeps, fragments, strict, messages);
        }

        private static (string Key, string Value) Split(string text) =>
            text.IndexOf('=') is >= 0 and int at ? (text[..at], text[(at + 1)..]) : (text, "");

        private static void Count(SortedDictionary<string, int> table, string key) => table[key] = table.GetValueOrDefault(key) + 1;
    }
}
