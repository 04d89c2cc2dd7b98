namespace Ebpf.Bench.Corpus;

/// <summary><c>corpus DIRECTORY [--csv LIST] [--only TEXT] [--repeat N] [-v]</c>: verifies all programs of a directory of objects.</summary>
internal static class CorpusCommand
{
    internal static int Run(string[] arguments)
    {
        string? directory = null, listing = null, only = null;
        bool verbose = false;
        int repeat = 1;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--csv" when i + 1 < arguments.Length:
                    listing = arguments[++i];
                    break;
                case "--only" when i + 1 < arguments.Length:
                    only = arguments[++i];
                    break;
                case "--repeat" when i + 1 < arguments.Length:
                    repeat = int.Parse(arguments[++i], System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case "-v":
                    verbose = true;
                    break;
                default:
                    directory = arguments[i];
                    break;
            }
        }

        if (directory is not null && Directory.Exists(directory))
            return new CorpusRun(directory, listing, only, verbose, repeat).Run();
        Console.Error.WriteLine("corpus: name a directory of objects");
        return 2;
    }
}
