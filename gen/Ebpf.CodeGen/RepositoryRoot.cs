namespace Ebpf.CodeGen;

internal static class RepositoryRoot
{
    public static string Find(string start)
    {
        for (DirectoryInfo? d = new(start); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Ebpf.slnx")))
                return d.FullName;
        }
        throw new InvalidOperationException($"no Ebpf.slnx above {start}");
    }
}
