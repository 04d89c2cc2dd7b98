using Ebpf.Platforms.Linux;
using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary>Which program, map or link is meant: <c>id 7</c>, <c>pinned FILE</c>, <c>tag 0123456789abcdef</c>, <c>name text</c>.</summary>
/// <remarks>prog_parse_fds and map_parse_fds in common.c, link_parse_fd in link.c of bpftool.</remarks>
internal static class Handles
{
    private const int LongestProgramName = 127;
    private const int TagDigits = 16;

    /// <summary>The programs that the next words name. The caller disposes them.</summary>
    public static IReadOnlyList<FileDescriptor> Programs(Arguments arguments)
    {
        if (arguments.Take("id"))
            return [ById(BpfObjectKind.Program, arguments, "get by id")];
        if (arguments.Take("tag"))
        {
            string tag = arguments.Next().ToLowerInvariant();
            if (tag.Length != TagDigits || !tag.All(char.IsAsciiHexDigit))
                throw new BpftoolException("can't parse tag");
            return Matching(BpfObjectKind.Program, program => ProgramInfoReader.Read(program).Tag == tag);
        }

        if (arguments.Take("name"))
        {
            string name = arguments.Next();
            if (name.Length > LongestProgramName)
                throw new BpftoolException("can't parse name");
            return Matching(BpfObjectKind.Program, program => ProgramInfoReader.Read(program).Name == name);
        }

        return arguments.Take("pinned")
            ? [Pinned(arguments, "bpf-prog")]
            : throw new BpftoolException($"expected 'id', 'tag', 'name' or 'pinned', got: '{arguments.Peek}'?");
    }

    /// <summary>The maps that the next words name. The caller disposes them.</summary>
    public static IReadOnlyList<FileDescriptor> Maps(Arguments arguments)
    {
        if (arguments.Take("id"))
            return [ById(BpfObjectKind.Map, arguments, "get map by id")];
        if (arguments.Take("name"))
        {
            string name = arguments.Next();
            if (name.Length > ObjectName.Length - 1)
                throw new BpftoolException("can't parse name");
            return Matching(BpfObjectKind.Map, map => MapInfoReader.Read(map).Name == name);
        }

        return arguments.Take("pinned")
            ? [Pinned(arguments, "bpf-map")]
            : throw new BpftoolException($"expected 'id', 'name' or 'pinned', got: '{arguments.Peek}'?");
    }

    /// <summary>The one program that the next words name.</summary>
    public static FileDescriptor Program(Arguments arguments) => Single(Programs(arguments), "programs");

    /// <summary>The one map that the next words name.</summary>
    public static FileDescriptor Map(Arguments arguments) => Single(Maps(arguments), "maps");

    /// <summary>The link that the next words name.</summary>
    public static FileDescriptor Link(Arguments arguments)
    {
        if (arguments.Take("id"))
        {
            uint id = Id(arguments.Next());
            Errno errno = Bpf.OpenById(BpfObjectKind.Link, id, out FileDescriptor? link);
            return link ?? throw new BpftoolException($"failed to get link with ID {id}: {BpftoolCommandLine.Text(errno)}", ExitCodes.Of(errno));
        }

        return arguments.Take("pinned") ? Pinned(arguments, "bpf_link") : throw new BpftoolException($"expected 'id' or 'pinned', got: '{arguments.Peek}'?");
    }

    private static FileDescriptor ById(BpfObjectKind kind, Arguments arguments, string action)
    {
        uint id = Id(arguments.Next());
        Errno errno = Bpf.OpenById(kind, id, out FileDescriptor? opened);
        return opened ?? throw new BpftoolException($"{action} ({id}): {BpftoolCommandLine.Text(errno)}");
    }

    private static uint Id(string text) => (uint?)Arguments.Number(text) ?? throw new BpftoolException($"can't parse {text} as ID");

    private static FileDescriptor Pinned(Arguments arguments, string kind)
    {
        string path = arguments.Next();
        Errno errno = Bpf.OpenPinned(path, 0, out FileDescriptor? opened);
        if (opened is null)
            throw new BpftoolException(errno == Errno.EACCES
                ? $"bpf obj get ({Path.GetDirectoryName(path) ?? path}): directory not in bpf file system (bpffs)"
                : $"bpf obj get ({path}): {BpftoolCommandLine.Text(errno)}");
        if (FdInfo.Kind(opened.Number) == kind)
            return opened;
        string found = FdInfo.Kind(opened.Number) switch { "bpf-prog" => "prog", "bpf-map" => "map", "bpf_link" => "link", _ => "unknown" };
        opened.Dispose();
        throw new BpftoolException($"incorrect object type: {found}");
    }

    private static List<FileDescriptor> Matching(BpfObjectKind kind, Func<FileDescriptor, bool> isMeant)
    {
        var matching = new List<FileDescriptor>();
        foreach (FileDescriptor each in LoadedObjects.Open(kind))
        {
            if (isMeant(each))
                matching.Add(each);
            else
                each.Dispose();
        }

        return matching;
    }

    private static FileDescriptor Single(IReadOnlyList<FileDescriptor> all, string what)
    {
        if (all.Count == 1)
            return all[0];
        foreach (FileDescriptor each in all)
            each.Dispose();
        // bpftool says nothing where nothing has that name or tag.
        throw new BpftoolException(all.Count == 0 ? $"none of the {what} matches this handle" : $"several {what} match this handle");
    }
}
