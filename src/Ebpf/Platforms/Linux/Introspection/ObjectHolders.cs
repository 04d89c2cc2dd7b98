using System.Globalization;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>Which processes hold programs, maps, links and BTF open.</summary>
/// <remarks>bpftool runs an iterator program for this (pid_iter.bpf.c); /proc tells the same without one, on kernels and for users that may load none.</remarks>
internal static class ObjectHolders
{
    /// <summary>The processes by the id of what they hold, in the order of their numbers. Processes that may not be looked into are passed over.</summary>
    public static IReadOnlyDictionary<uint, IReadOnlyList<ObjectHolder>> Find(BpfObjectKind kind)
    {
        string key = kind switch
        {
            BpfObjectKind.Program => "prog_id:",
            BpfObjectKind.Map => "map_id:",
            BpfObjectKind.Link => "link_id:",
            _ => "btf_id:",
        };
        string target = kind switch
        {
            BpfObjectKind.Program => "anon_inode:bpf-prog",
            BpfObjectKind.Map => "anon_inode:bpf-map",
            BpfObjectKind.Link => "anon_inode:bpf_link",
            _ => "anon_inode:btf",
        };
        var holders = new Dictionary<uint, IReadOnlyList<ObjectHolder>>();
        foreach (int process in Processes())
        {
            foreach (uint id in Held(process, target, key))
            {
                if (!holders.TryGetValue(id, out IReadOnlyList<ObjectHolder>? list))
                {
                    holders.Add(id, list = new List<ObjectHolder>());
                }

                ((List<ObjectHolder>)list).Add(new ObjectHolder(process, CommandName(process)));
            }
        }

        return holders;
    }

    private static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(static path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(static id => id > 0)
        .Order();

    private static HashSet<uint> Held(int process, string target, string key)
    {
        var ids = new HashSet<uint>();
        try
        {
            foreach (FileInfo descriptor in new DirectoryInfo($"/proc/{process}/fd").EnumerateFiles())
            {
                if (descriptor.LinkTarget == target && Id($"/proc/{process}/fdinfo/{descriptor.Name}", key) is { } id)
                {
                    ids.Add(id);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended, or belongs to somebody else: nothing can be told about it.
        }

        return ids;
    }

    private static uint? Id(string file, string key)
    {
        foreach (string line in File.ReadLines(file))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return uint.Parse(line.AsSpan(key.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    private static string CommandName(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            return "";
        }
    }
}

/// <summary>A process that holds something of the kernel's open.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="CommandName">The name of its command, at most 15 characters.</param>
internal readonly record struct ObjectHolder(int ProcessId, string CommandName);
