namespace Ebpf.Tool.Bpftool;

/// <summary>What bpftool's exit codes are.</summary>
internal static class ExitCodes
{
    /// <summary>-1.</summary>
    public const int Failure = 255;

    /// <summary>The error of an operation on an element or link, negated: bpftool hands on what libbpf answers.</summary>
    public static int Of(Errno errno) => -(int)errno & 0xff;
}

/// <summary>An error as bpftool tells it.</summary>
internal sealed class BpftoolException(string message, int exitCode = ExitCodes.Failure) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The usage that is printed instead of the message.</summary>
    public string? Usage { get; init; }

    /// <summary>A command with too few words.</summary>
    public static BpftoolException WrongUsage(string usage) => new("wrong usage") { Usage = usage };
}
