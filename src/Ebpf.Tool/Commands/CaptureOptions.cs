using System.CommandLine;

namespace Ebpf.Tool.Commands;

/// <summary><c>--pcap</c>, <c>--out</c>: a capture that a packet program runs over.</summary>
internal sealed class CaptureOptions
{
    private readonly Option<string?> _input = new("--pcap") { Description = "Run the program over each packet of a capture (pcap, pcapng), and count its verdicts.", HelpName = "FILE" };
    private readonly Option<string?> _output = new("--out") { Description = "With --pcap: write the packets that go on, as the program left them.", HelpName = "FILE" };

    public CaptureOptions(Command command)
    {
        command.Options.Add(_input);
        command.Options.Add(_output);
    }

    public string? Input(ParseResult parsed) => parsed.GetValue(_input) is { } input ? input
        : parsed.GetValue(_output) is null ? null
        : throw new UsageException("--out belongs to --pcap; to write the packet of a single run, use --data-out");

    public string? Output(ParseResult parsed) => parsed.GetValue(_output);
}
