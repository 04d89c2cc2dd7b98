using Ebpf.Bench;
using Ebpf.Bench.Corpus;

return args switch
{
    ["corpus", .. string[] rest] => CorpusCommand.Run(rest),
    ["maps"] => MapsBench.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        usage: Ebpf.Bench corpus DIRECTORY [--csv LIST] [--only TEXT] [--repeat N] [-v]
               Ebpf.Bench maps
        """);
    return 2;
}
