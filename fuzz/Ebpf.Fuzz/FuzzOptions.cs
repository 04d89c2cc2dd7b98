using System.Globalization;

namespace Ebpf.Fuzz;

/// <summary>How long to fuzz, and with which inputs: input number i of a seed is always the same.</summary>
internal sealed record FuzzOptions
{
    public long Iterations { get; init; } = 100_000;

    public int Seed { get; init; } = 1;

    /// <summary>The number of the first input; to go on where a run that crashed the process came to.</summary>
    public long From { get; init; }

    public TimeSpan Time { get; init; } = TimeSpan.MaxValue;

    /// <summary>Whether each input is written to a file before it is run: what crashes the process is then known.</summary>
    public bool Keeps { get; init; }

    /// <exception cref="FormatException">An option is not known, or its value is no number.</exception>
    public static FuzzOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new FuzzOptions();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            long value = i + 1 < arguments.Length && long.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out long number) && number >= 0
                ? number
                : throw new FormatException($"{arguments[i]}: a number must follow");
            options = arguments[i] switch
            {
                "--iterations" => options with { Iterations = value },
                "--seed" => options with { Seed = (int)value },
                "--from" => options with { From = value },
                "--keep" => options with { Keeps = value != 0 },
                "--seconds" => options with { Time = TimeSpan.FromSeconds(value), Iterations = arguments.Contains("--iterations") ? options.Iterations : long.MaxValue },
                _ => throw new FormatException($"{arguments[i]}: there is no such option"),
            };
        }

        return options;
    }
}
