namespace Ebpf.CodeGen;

internal static class Names
{
    /// <summary>A name with underscores as a C# name.</summary>
    public static string Pascal(string text) => string.Concat(text.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
}
