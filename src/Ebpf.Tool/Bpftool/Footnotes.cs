using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary>What stands below programs, maps and links alike: where they are pinned, and which processes hold them.</summary>
internal sealed class Footnotes
{
    private readonly ILookup<uint, string>? _pins;
    private readonly IReadOnlyDictionary<uint, IReadOnlyList<ObjectHolder>> _holders;

    public Footnotes(BpftoolContext context, BpfObjectKind kind)
    {
        _pins = context.Options.ShowPinned ? PinnedObjects.Find(kind) : null;
        // This process holds whatever it shows.
        int self = Environment.ProcessId;
        _holders = ObjectHolders.Find(kind).ToDictionary(static h => h.Key, h => (IReadOnlyList<ObjectHolder>)[.. h.Value.Where(holder => holder.ProcessId != self)]);
    }

    public void WritePinsJson(JsonStream json, uint id)
    {
        // Without a single pin anywhere bpftool leaves the key out.
        if (_pins is not { Count: > 0 })
            return;
        json.Name("pinned").StartArray();
        foreach (string path in _pins[id])
            json.Text(path);
        json.EndArray();
    }

    public void WritePins(TextWriter output, uint id)
    {
        foreach (string path in _pins?[id] ?? [])
            output.Write($"\n\tpinned {path}");
    }

    public void WriteHoldersJson(JsonStream json, uint id)
    {
        if (!_holders.TryGetValue(id, out IReadOnlyList<ObjectHolder>? holders) || holders.Count == 0)
            return;
        json.Name("pids").StartArray();
        foreach (ObjectHolder holder in holders)
        {
            json.StartObject();
            json.Field("pid", holder.ProcessId);
            json.Field("comm", holder.CommandName);
            json.EndObject();
        }

        json.EndArray();
    }

    public void WriteHolders(TextWriter output, uint id)
    {
        if (_holders.TryGetValue(id, out IReadOnlyList<ObjectHolder>? holders) && holders.Count > 0)
            output.Write($"\n\tpids {string.Join(", ", holders.Select(static h => $"{h.CommandName}({h.ProcessId})"))}");
    }

    /// <summary>The device that something is offloaded to.</summary>
    public static void WriteDeviceJson(JsonStream json, uint device)
    {
        if (device == 0)
            return;
        json.Name("dev").StartObject();
        json.Field("ifindex", device);
        json.Field("ifname", InterfaceNames.Find(device) ?? "");
        json.EndObject();
    }

    public static void WriteDevice(TextWriter output, uint device)
    {
        if (device != 0)
            output.Write($"  offloaded_to {InterfaceNames.Find(device) ?? $"ifindex {device}"}");
    }
}

/// <summary>Names of the network interfaces here.</summary>
internal static class InterfaceNames
{
    private const string Folder = "/sys/class/net";

    /// <summary>The name of an index; null where there is none here.</summary>
    public static string? Find(uint index) => !Directory.Exists(Folder) ? null : Directory.EnumerateDirectories(Folder)
        .Where(path => File.Exists(Path.Combine(path, "ifindex")) && File.ReadAllText(Path.Combine(path, "ifindex")).Trim() == $"{index}")
        .Select(Path.GetFileName)
        .FirstOrDefault();
}
