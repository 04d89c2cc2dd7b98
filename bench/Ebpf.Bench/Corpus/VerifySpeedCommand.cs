using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Verifier;

namespace Ebpf.Bench.Corpus;

/// <summary>
/// <c>verify-speed DIRECTORY [--rounds N] [--top N]</c>: our verifier against the kernel's on every program of a directory that both accept. Each is asked in
/// turn, several times; the least time of each counts. The kernel's is its own figure (log_level 4).
/// </summary>
internal static class VerifySpeedCommand
{
    internal static int Run(string[] arguments)
    {
        string? directory = null;
        int rounds = 5, top = 10;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--rounds" when i + 1 < arguments.Length:
                    rounds = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                case "--top" when i + 1 < arguments.Length:
                    top = int.Parse(arguments[++i], CultureInfo.InvariantCulture);
                    break;
                default:
                    directory = arguments[i];
                    break;
            }
        }

        if (directory is null || !Directory.Exists(directory) || !BtfView.TryOpenKernel(out BtfView? kernel))
        {
            Console.Error.WriteLine("verify-speed: name a directory of objects; a Linux kernel with BTF and the right to load programs are needed");
            return 2;
        }

        LoadOptions here = new() { UnusedMaps = UnusedMaps.Skip, EmptySkippedSlots = true, TargetBtf = kernel, Verifier = VerifierOptions.Default with { KernelTypes = kernel, Target = VerifierTarget.Linux } };
        LoadOptions there = new() { UnusedMaps = UnusedMaps.Skip, EmptySkippedSlots = true };
        List<Measured> all = [];
        int objects = 0, refusedHere = 0, refusedThere = 0;
        foreach (string path in Directory.EnumerateFiles(directory, "*.o", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            BpfObject opened;
            try
            {
                opened = BpfObject.Open(path);
                objects++;
            }
            catch (BpfException)
            {
                continue;
            }

            foreach (string program in opened.Programs.Select(p => p.Name).ToArray())
            {
                foreach (BpfProgramSpec other in opened.Programs)
                    other.AutoLoad = other.Name == program;
                if (Measure(opened, program, here, there, rounds, Path.GetRelativePath(directory, path)) is not { } measured)
                    continue;
                refusedHere += measured.AcceptedThere && !measured.AcceptedHere ? 1 : 0;
                refusedThere += measured.AcceptedHere && !measured.AcceptedThere ? 1 : 0;
                if (measured.AcceptedHere && measured.AcceptedThere)
                    all.Add(measured);
            }
        }

        Report(all, top, objects, refusedHere, refusedThere);
        return 0;
    }

    private static Measured? Measure(BpfObject opened, string program, LoadOptions here, LoadOptions there, int rounds, string file)
    {
        Measured measured = new() { Name = $"{file}:{program}" };
        try
        {
            for (int round = 0; round < rounds; round++)
            {
                ProgramVerdict kernel = opened.Verify(Platform.Linux, there)[0];
                long before = GC.GetAllocatedBytesForCurrentThread();
                ProgramVerdict ours = opened.Verify(here)[0];
                measured.Add(ours, kernel, GC.GetAllocatedBytesForCurrentThread() - before);
                if (!ours.IsAccepted || !kernel.IsAccepted)
                    break;
            }
        }
        catch (BpfException)
        {
            // What one of the two cannot load as a whole is not compared.
            return null;
        }

        return measured;
    }

    private static void Report(List<Measured> all, int top, int objects, int refusedHere, int refusedThere)
    {
        Console.WriteLine($"{objects} objects opened; {all.Count} programs accepted by both, {refusedHere} by the kernel alone, {refusedThere} by us alone or where the kernel could not be asked");
        double ours = all.Sum(m => m.Ours.TotalMilliseconds), kernel = all.Sum(m => m.Kernel.TotalMilliseconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"total: ours {ours:f1} ms, kernel {kernel:f1} ms, ratio {ours / Math.Max(kernel, 1e-9):f2}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"processed instructions: ours {all.Sum(m => (long)m.Processed)}, kernel {all.Sum(m => (long)m.KernelProcessed)}"));
        double[] ratios = [.. all.Select(m => m.Ratio).Order()];
        if (ratios.Length > 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio of single programs: median {ratios[ratios.Length / 2]:f2}, worst {ratios[^1]:f2}"));
        Console.WriteLine($"the {top} that take the kernel longest:");
        foreach (Measured slow in all.OrderByDescending(m => m.Kernel).Take(top))
            Console.WriteLine(slow.Line);
        Console.WriteLine($"the {top} with the worst ratio among those that take the kernel a millisecond:");
        foreach (Measured slow in all.Where(m => m.Kernel.TotalMilliseconds >= 1).OrderByDescending(m => m.Ratio).Take(top))
            Console.WriteLine(slow.Line);
    }

    private sealed class Measured
    {
        private long _allocated = long.MaxValue;

        internal required string Name { get; init; }

        internal bool AcceptedHere { get; private set; }

        internal bool AcceptedThere { get; private set; }

        internal TimeSpan Ours { get; private set; } = TimeSpan.MaxValue;

        internal TimeSpan Kernel { get; private set; } = TimeSpan.MaxValue;

        internal int Processed { get; private set; }

        internal int KernelProcessed { get; private set; }

        internal int States { get; private set; }

        internal double Ratio => Ours / Kernel;

        internal string Line => string.Create(
            CultureInfo.InvariantCulture,
            $"  {Name}: ours {Ours.TotalMilliseconds:f2} ms ({Processed} processed, {States} states, {_allocated} bytes allocated), kernel {Kernel.TotalMilliseconds:f2} ms ({KernelProcessed}), ratio {Ratio:f2}");

        internal void Add(ProgramVerdict ours, ProgramVerdict kernel, long allocated)
        {
            (AcceptedHere, AcceptedThere) = (ours.IsAccepted, kernel.IsAccepted);
            Ours = ours.Duration < Ours ? ours.Duration : Ours;
            Kernel = kernel.Duration < Kernel ? kernel.Duration : Kernel;
            _allocated = Math.Min(_allocated, allocated);
            (Processed, KernelProcessed, States) = (ours.VerifiedInstructions, kernel.VerifiedInstructions, ours.TotalStates);
        }
    }
}
