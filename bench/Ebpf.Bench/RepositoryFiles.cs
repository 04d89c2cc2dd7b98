namespace Ebpf.Bench;

/// <summary>Files of the repository that benchmarks read.</summary>
internal static class RepositoryFiles
{
    public static string Path(params ReadOnlySpan<string> parts)
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(d.FullName, "Ebpf.slnx")))
                return System.IO.Path.Combine([d.FullName, .. parts]);
        }
        throw new InvalidOperationException("benchmarks run inside the repository: there is no Ebpf.slnx above " + AppContext.BaseDirectory);
    }
}
