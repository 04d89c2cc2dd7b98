// What `linux-load` of Ebpf.Bench measures: an object is opened, one program is left on, it is loaded into the kernel and disposed.
//
// usage: Ebpf.Bench.LoadWorker OBJECT PROGRAM [skip]
// For each line "N" on standard input it does that N times, and answers a line: mean user-mode CPU, mean kernel CPU and mean time of one load,
// from open to loaded, in microseconds, as libbpf_load.c does. Disposing is not measured. With `skip` unused maps are left out.
using System.Globalization;
using Ebpf;
using Ebpf.Bench.LoadWorker;

string path = args[0], only = args[1];
var options = new LoadOptions { UnusedMaps = args.Contains("skip") ? UnusedMaps.Skip : UnusedMaps.Create };
while (Console.ReadLine() is { } line)
{
    int loads = int.Parse(line, CultureInfo.InvariantCulture);
    Usage closing = default, begin = Usage.Now();
    for (int i = 0; i < loads; i++)
    {
        BpfObject obj = BpfObject.Open(path);
        foreach (BpfProgramSpec program in obj.Programs)
        {
            program.AutoLoad = program.Name == only;
        }

        LoadedObject live = obj.Load(Platform.Linux, options);
        Usage before = Usage.Now();
        live.Dispose();
        closing += Usage.Now() - before;
    }

    Usage one = (Usage.Now() - begin - closing) / loads;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one.User:f1} {one.Kernel:f1} {one.Wall:f1}"));
}
