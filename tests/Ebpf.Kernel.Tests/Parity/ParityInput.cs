using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Parity;

/// <summary>What a program is run with, from tests/testdata/inputs.tsv.</summary>
internal sealed record ParityInput(string Name, string Kind, RunOptions Options)
{
    public static ParityInput[] ReadAll()
    {
        (string Name, string Kind, byte[] Bytes)[] rows =
        [
            .. File.ReadLines(TestData.Path("inputs.tsv")).Where(static l => !l.StartsWith('#')).Select(static l => l.Split('\t'))
                .Select(static f => (f[0], f[1], Convert.FromHexString(f[2]))),
        ];
        byte[] packet = rows.First(static r => r.Kind == "packet").Bytes;
        return
        [
            .. rows.Select(r => new ParityInput(r.Name, r.Kind, r.Kind switch
            {
                "packet" => new RunOptions { Data = r.Bytes },
                // A context beside a packet.
                "skb" => new RunOptions { Data = packet, Context = r.Bytes },
                _ => new RunOptions { Context = r.Bytes },
            })),
        ];
    }

    public bool IsFor(ProgramType type) => Kind switch
    {
        "packet" => type is ProgramType.Xdp or ProgramType.SchedCls or ProgramType.SchedAct or ProgramType.SocketFilter or ProgramType.CgroupSkb,
        "skb" => type is ProgramType.SchedCls,
        "syscall" => type is ProgramType.Syscall,
        "raw_tp" => type is ProgramType.RawTracepoint,
        _ => false,
    };
}
