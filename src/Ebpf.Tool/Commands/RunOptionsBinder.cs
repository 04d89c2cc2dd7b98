using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary>What a program is run with: packet, context, repetitions, and what makes a run repeatable.</summary>
internal sealed class RunOptionsBinder
{
    private readonly Option<string?> _dataIn = new("--data-in") { Description = "The packet's bytes; by default 64 zero bytes for programs that take a packet.", HelpName = "FILE" };
    private readonly Option<string?> _dataOut = new("--data-out") { Description = "Write the packet after the run.", HelpName = "FILE" };
    private readonly Option<string?> _contextIn = new("--ctx-in") { Description = "The context's bytes, as the program sees it.", HelpName = "FILE" };
    private readonly Option<string?> _contextOut = new("--ctx-out") { Description = "Write the context after the run.", HelpName = "FILE" };
    private readonly Option<int> _repeat = new("--repeat") { Description = "Run this many times; the time printed is the mean.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<ulong?> _time = new("--time") { Description = "What the clock helpers answer, in nanoseconds.", HelpName = "NS" };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Seed of bpf_get_prandom_u32.", HelpName = "N" };
    private readonly Option<int?> _cpu = new("--cpu") { Description = "The CPU that the program sees.", HelpName = "N" };
    private readonly Option<int?> _pid = new("--pid") { Description = "The process that the program sees.", HelpName = "N" };
    private readonly Option<string?> _comm = new("--comm") { Description = "The process name that the program sees.", HelpName = "NAME" };

    public RunOptionsBinder(Command command)
    {
        foreach (Option option in (Option[])[_dataIn, _dataOut, _contextIn, _contextOut, _repeat, _time, _seed, _cpu, _pid, _comm])
            command.Options.Add(option);
    }

    public RunOptions Bind(ParseResult parsed)
    {
        int repeat = parsed.GetValue(_repeat);
        if (repeat < 1)
            throw new UsageException($"--repeat {repeat}: a program runs at least once");
        return new RunOptions
        {
            // Without the cast an absent packet would be one of no bytes, not the default one.
            Data = parsed.GetValue(_dataIn) is { } data ? (ReadOnlyMemory<byte>?)File.ReadAllBytes(data) : null,
            Context = parsed.GetValue(_contextIn) is { } context ? File.ReadAllBytes(context) : default,
            Repeat = repeat,
            Time = parsed.GetValue(_time),
            RandomSeed = parsed.GetValue(_seed),
            Cpu = parsed.GetValue(_cpu),
            Pid = parsed.GetValue(_pid),
            Comm = parsed.GetValue(_comm),
        };
    }

    public void Keep(RunResult run, ParseResult parsed)
    {
        if (parsed.GetValue(_dataOut) is { } data)
            File.WriteAllBytes(data, run.Data.Span);
        if (parsed.GetValue(_contextOut) is { } context)
            File.WriteAllBytes(context, run.Context.Span);
    }
}
