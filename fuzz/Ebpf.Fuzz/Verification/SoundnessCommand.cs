using System.Diagnostics;
using System.Globalization;

namespace Ebpf.Fuzz.Verification;

/// <summary><c>verifier [SEED] [SECONDS]</c>: random programs; what the verifier accepts must run without a fault.</summary>
internal static class SoundnessCommand
{
    internal static int Run(string[] arguments)
    {
        int seed = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1;
        int seconds = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 30;
        using SoundnessFuzz fuzz = new(seed);
        int found = 0;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds && found < 3;)
        {
            if (fuzz.Step() is not { } wrong)
                continue;
            found++;
            Console.WriteLine(wrong);
        }

        Console.WriteLine($"seed {seed}: {fuzz.Programs} programs, {fuzz.Accepted} accepted and run, {found} wrong");
        return found == 0 ? 0 : 1;
    }
}
