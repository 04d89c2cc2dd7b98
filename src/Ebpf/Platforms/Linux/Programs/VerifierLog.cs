using System.Globalization;
using System.Text.RegularExpressions;

namespace Ebpf.Platforms.Linux.Programs;

/// <summary>What the kernel's verifier says of a program that it refuses: the reason, and the instruction at which it stopped.</summary>
/// <remarks>
/// kernel/bpf/verifier.c prints what it does line by line, and the reason last; below it only figures. From 7.3 on a summary follows, in lines that begin
/// with "Reason:" and "At:".
/// </remarks>
internal sealed partial class VerifierLog
{
    // Two lines make most reasons: what was tried, and what is wrong with it.
    private const int MostReasonLines = 3;

    private VerifierLog(string text, string reason, int? instruction, long? processed)
    {
        Text = text;
        Reason = reason;
        Instruction = instruction;
        Processed = processed;
    }

    /// <summary>All of it.</summary>
    public string Text { get; }

    /// <summary>Why, in one line; "" where the log does not say.</summary>
    public string Reason { get; }

    /// <summary>The slot that was looked at last; null where none was.</summary>
    public int? Instruction { get; }

    /// <summary>Instructions that were processed before; null where the log does not say.</summary>
    public long? Processed { get; }

    public static VerifierLog Parse(string text)
    {
        string[] lines = text.Split('\n');
        int? instruction = null;
        long? processed = null;
        var reason = new List<string>();
        bool isReasonWhole = false;
        for (int i = lines.Length - 1; i >= 0 && !(isReasonWhole && instruction is not null); i--)
        {
            string line = lines[i].Trim();
            if (Figures().Match(line) is { Success: true } figures)
            {
                processed ??= long.Parse(figures.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            }
            else if (SlotLine().Match(line) is { Success: true } slot)
            {
                instruction ??= int.TryParse(slot.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
                isReasonWhole |= reason.Count > 0;
            }
            else if (line.StartsWith("Reason:", StringComparison.Ordinal))
            {
                reason = [line["Reason:".Length..].Trim()];
                isReasonWhole = true;
            }
            else if (IsNoise(line))
            {
                isReasonWhole |= reason.Count > 0;
            }
            else if (!isReasonWhole)
            {
                reason.Insert(0, line);
                isReasonWhole = reason.Count == MostReasonLines;
            }
        }

        return new VerifierLog(text, string.Join("; ", reason), instruction, processed);
    }

    /// <summary>A figure of the last line, such as "peak_states"; 0 where there is none.</summary>
    public static int Figure(string? log, string name)
    {
        int at = log?.LastIndexOf(name + " ", StringComparison.Ordinal) ?? -1;
        if (log is null || at < 0)
        {
            return 0;
        }

        ReadOnlySpan<char> rest = log.AsSpan(at + name.Length + 1);
        int length = 0;
        while (length < rest.Length && char.IsAsciiDigit(rest[length]))
        {
            length++;
        }

        return int.TryParse(rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out int figure) ? figure : 0;
    }

    private static bool IsNoise(string line) => line.Length == 0 || Noise().IsMatch(line);

    // "12: (b7) r0 = 0", "12: R0=…", and both with what was learnt behind.
    [GeneratedRegex(@"^(\d+): [(R]")]
    private static partial Regex SlotLine();

    [GeneratedRegex(@"^processed (\d+) insns")]
    private static partial Regex Figures();

    [GeneratedRegex(@"^(;|from \d+ to \d+|(frame\d+: )?R\d+(_\w+)?=|caller:|callee:|returning from|to caller at|func#\d+ @|verification time|stack depth|Live regs before|mark_precise|last_idx|regs=|parent |propagating |Validating |Func#\d+ |peak_states|total_states|At:|Causal path:|Suggestion:|Verification failed)")]
    private static partial Regex Noise();
}
