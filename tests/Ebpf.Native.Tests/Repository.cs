namespace Ebpf.Native.Tests;

/// <summary>Where things are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of the published library.</summary>
    public static string Library { get; } = Path.Combine(Root, "artifacts", "native", "linux-x64");

    public static string TestData { get; } = Path.Combine(Root, "tests", "testdata");

    public static string Samples { get; } = Path.Combine(Root, "samples");

    public static string Clients { get; } = Path.Combine(Root, "tests", "Ebpf.Native.Tests", "clients");

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Ebpf.slnx")))
            {
                return d.FullName;
            }
        }

        throw new InvalidOperationException("no Ebpf.slnx above " + AppContext.BaseDirectory);
    }
}
