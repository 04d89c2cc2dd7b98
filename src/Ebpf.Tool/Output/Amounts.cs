using System.Globalization;

namespace Ebpf.Tool.Output;

/// <summary>Numbers as people read them.</summary>
internal static class Amounts
{
    public static string Count(long? value) => value?.ToString("N0", CultureInfo.InvariantCulture) ?? "?";

    public static string Bytes(long? value) => value switch
    {
        null => "?",
        < 1 << 10 => $"{value} B",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{value / 1024.0:0.#} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{value / 1048576.0:0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value / 1073741824.0:0.#} GiB"),
    };

    public static string Time(double? microseconds) => microseconds switch
    {
        null => "?",
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{microseconds * 1000:0} ns"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0.#} µs"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0.##} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000:0.##} s"),
    };

    /// <summary>"1 program", "3 programs".</summary>
    public static string Of(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";
}
