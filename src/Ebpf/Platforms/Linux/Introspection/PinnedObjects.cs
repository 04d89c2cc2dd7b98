using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Introspection;

/// <summary>What is pinned in all mounted bpffs.</summary>
internal static class PinnedObjects
{
    private const string Mounts = "/proc/self/mounts";

    /// <summary>The paths of all that is pinned, by id.</summary>
    public static ILookup<uint, string> Find(BpfObjectKind kind) =>
        Roots().SelectMany(Files).Select(path => (Id: IdOf(path, kind), Path: path)).Where(static pin => pin.Id is not null).ToLookup(static pin => pin.Id!.Value, static pin => pin.Path);

    private static IEnumerable<string> Roots() => File.ReadLines(Mounts)
        .Select(static line => line.Split(' '))
        .Where(static fields => fields.Length > 2 && fields[2] == "bpf")
        // Blanks and their like are octal in this file.
        .Select(static fields => fields[1].Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\"))
        .Distinct();

    private static IEnumerable<string> Files(string root) =>
        Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint });

    private static uint? IdOf(string path, BpfObjectKind kind)
    {
        if (Bpf.OpenPinned(path, 0, out FileDescriptor? opened) != Errno.None)
        {
            return null;
        }

        using FileDescriptor pinned = opened!;
        return (FdInfo.Kind(pinned.Number), kind) switch
        {
            ("bpf-prog", BpfObjectKind.Program) => Ask(pinned.Number, static (ref ProgramInfoRecord info) => info.Id),
            ("bpf-map", BpfObjectKind.Map) => Ask(pinned.Number, static (ref MapInfoRecord info) => info.Id),
            ("bpf_link", BpfObjectKind.Link) => Ask(pinned.Number, static (ref LinkInfoRecord info) => info.Id),
            _ => null,
        };
    }

    private delegate uint Member<T>(ref T info);

    private static uint? Ask<T>(int descriptor, Member<T> id) where T : unmanaged
    {
        T info = default;
        return Bpf.Info(descriptor, ref info) == Errno.None ? id(ref info) : null;
    }
}
