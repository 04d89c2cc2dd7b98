using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary><c>ebpf link …</c>: the links in the kernel.</summary>
/// <remarks>link.c of bpftool.</remarks>
internal sealed class LinkCommands(BpftoolContext context)
{
    public const string Usage = """
        Usage: ebpf link { show | list } [LINK]
               ebpf link pin    LINK FILE
               ebpf link detach LINK
               ebpf link help

               LINK := { id LINK_ID | pinned FILE }
               OPTIONS := { {-j|--json} [{-p|--pretty}] | {-f|--bpffs} }
        """;

    private readonly TextWriter _output = context.Output;

    /// <summary>The commands, the default one first.</summary>
    public (string Name, Func<Arguments, int> Run)[] Table => [("show", Show), ("list", Show), ("pin", Pin), ("detach", Detach)];

    private int Show(Arguments arguments)
    {
        var notes = new Footnotes(context, BpfObjectKind.Link);
        bool isOne = arguments.Count == 2;
        IEnumerable<FileDescriptor> links = isOne ? [Handles.Link(arguments)] : LoadedObjects.Open(BpfObjectKind.Link);
        arguments.End();
        if (!isOne)
            context.Json?.StartArray();
        foreach (FileDescriptor each in links)
        {
            using FileDescriptor link = each;
            LinkInfo info = LinkInfoReader.Read(link.Number);
            if (context.Json is { } json)
                WriteJson(json, info, notes);
            else
                WritePlain(info, notes);
        }

        if (!isOne)
            context.Json?.EndArray();
        return 0;
    }

    private static void WriteJson(JsonStream json, LinkInfo info, Footnotes notes)
    {
        json.StartObject();
        json.Field("id", info.Id);
        json.Field("type", LinkTypeText.Of(info.Type));
        json.Field("prog_id", info.ProgramId);
        LinkDetails.WriteJson(json, info);
        notes.WritePinsJson(json, info.Id);
        notes.WriteHoldersJson(json, info.Id);
        json.EndObject();
    }

    private void WritePlain(LinkInfo info, Footnotes notes)
    {
        _output.Write($"{info.Id}: {LinkTypeText.Of(info.Type)}  ");
        _output.Write(info is StructOpsLinkInfo operations ? $"map {operations.MapId}  " : $"prog {info.ProgramId}  ");
        LinkDetails.WritePlain(_output, info);
        notes.WritePins(_output, info.Id);
        notes.WriteHolders(_output, info.Id);
        _output.Write("\n");
    }

    private int Pin(Arguments arguments)
    {
        using FileDescriptor link = Handles.Link(arguments);
        PinFile.Make(link, arguments);
        context.Json?.Null();
        return 0;
    }

    private int Detach(Arguments arguments)
    {
        using FileDescriptor link = Handles.Link(arguments);
        arguments.End();
        Errno errno = Bpf.DetachLink(link.Number);
        if (errno != Errno.None)
            throw new BpftoolException($"failed link detach: {BpftoolCommandLine.Text(errno)}", 1);
        context.Json?.Null();
        return 0;
    }
}

/// <summary>Names of kinds of links.</summary>
/// <remarks>link_type_name in libbpf.c.</remarks>
internal static class LinkTypeText
{
    public static string Of(LinkType type) => type switch
    {
        LinkType.RawTracepoint => "raw_tracepoint",
        LinkType.Tracing => "tracing",
        LinkType.Cgroup => "cgroup",
        LinkType.Iterator => "iter",
        LinkType.NetworkNamespace => "netns",
        LinkType.Xdp => "xdp",
        LinkType.PerfEvent => "perf_event",
        LinkType.KprobeMulti => "kprobe_multi",
        LinkType.StructOps => "struct_ops",
        LinkType.Netfilter => "netfilter",
        LinkType.Tcx => "tcx",
        LinkType.UprobeMulti => "uprobe_multi",
        LinkType.Netkit => "netkit",
        LinkType.SockMap => "sockmap",
        LinkType.TracingMulti => "tracing_multi",
        _ => $"{(int)type}",
    };
}
