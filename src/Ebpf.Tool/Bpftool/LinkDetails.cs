using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary>What one kind of link has beside the others.</summary>
/// <remarks>show_link_close_json and show_link_close_plain in link.c of bpftool.</remarks>
internal static class LinkDetails
{
    public static void WriteJson(JsonStream json, LinkInfo link)
    {
        switch (link)
        {
            case RawTracepointLinkInfo info:
                json.Field("tp_name", info.Name);
                json.Field("cookie", info.Cookie);
                break;
            case TracingLinkInfo info:
                json.Field("prog_type", ProgramTypeText(info.ProgramId));
                json.Field("attach_type", info.AttachType.Text());
                json.Field("target_obj_id", info.TargetObjectId);
                json.Field("target_btf_id", info.TargetBtfId);
                json.Field("cookie", info.Cookie);
                break;
            case CgroupLinkInfo info:
                json.Field("cgroup_id", info.CgroupId);
                json.Field("attach_type", info.AttachType.Text());
                break;
            case IteratorLinkInfo info:
                WriteIteratorJson(json, info);
                break;
            case NetworkNamespaceLinkInfo info:
                json.Field("netns_ino", info.NamespaceInode);
                json.Field("attach_type", info.AttachType.Text());
                break;
            case DeviceLinkInfo info:
                json.Field("devname", DeviceName(info.InterfaceIndex) ?? (info.InterfaceIndex == 0 ? "(detached)" : "(unknown)"));
                json.Field("ifindex", info.InterfaceIndex);
                if (info.Type != LinkType.Xdp)
                    json.Field("attach_type", info.AttachType.Text());
                break;
            case SockMapLinkInfo info:
                json.Field("map_id", info.MapId);
                json.Field("attach_type", info.AttachType.Text());
                break;
            case StructOpsLinkInfo info:
                json.Field("map_id", info.MapId);
                break;
            case NetfilterLinkInfo info:
                json.Field("pf", (int)info.Hook.Family);
                json.Field("hook", (int)info.Hook.Hook);
                json.Field("prio", info.Hook.Priority);
                json.Field("flags", info.Hook.Defragment ? 1 : 0);
                break;
            case KprobeMultiLinkInfo info:
                WriteFunctionsJson(json, info);
                break;
            case UprobeMultiLinkInfo info:
                WritePlacesJson(json, info);
                break;
            case PerfEventLinkInfo info:
                WritePerfEventJson(json, info);
                break;
        }
    }

    public static void WritePlain(TextWriter output, LinkInfo link)
    {
        switch (link)
        {
            case RawTracepointLinkInfo info:
                output.Write($"\n\ttp '{info.Name}'  {Cookie(info.Cookie)}");
                break;
            case TracingLinkInfo info:
                output.Write($"\n\tprog_type {ProgramTypeText(info.ProgramId)}  attach_type {info.AttachType.Text()}  ");
                if (info.TargetObjectId != 0 || info.TargetBtfId != 0)
                    output.Write($"\n\ttarget_obj_id {info.TargetObjectId}  target_btf_id {info.TargetBtfId}  ");
                if (info.Cookie != 0)
                    output.Write($"\n\t{Cookie(info.Cookie)}");
                break;
            case CgroupLinkInfo info:
                output.Write($"\n\tcgroup_id {info.CgroupId}  attach_type {info.AttachType.Text()}  ");
                break;
            case IteratorLinkInfo info:
                WriteIterator(output, info);
                break;
            case NetworkNamespaceLinkInfo info:
                output.Write($"\n\tnetns_ino {info.NamespaceInode}  attach_type {info.AttachType.Text()}  ");
                break;
            case DeviceLinkInfo info:
                string device = info.InterfaceIndex == 0 ? "(detached)" : DeviceName(info.InterfaceIndex) is { } name ? $"{name}({info.InterfaceIndex})" : "(unknown)";
                output.Write($"\n\tifindex {device}  {(info.Type == LinkType.Xdp ? "" : $"attach_type {info.AttachType.Text()}  ")}");
                break;
            case SockMapLinkInfo info:
                output.Write($"\n\tmap_id {info.MapId}  attach_type {info.AttachType.Text()}  ");
                break;
            case NetfilterLinkInfo info:
                WriteNetfilter(output, info);
                break;
            case KprobeMultiLinkInfo { Addresses.Length: > 0 } info:
                output.Write($"\n\t{(info.IsReturn ? "kretprobe" : "kprobe")}.multi  func_cnt {info.Addresses.Length}  {(info.Missed > 0 ? $"missed {info.Missed}  " : "")}");
                break;
            case UprobeMultiLinkInfo { Offsets.Length: > 0 } info:
                WritePlaces(output, info);
                break;
            case PerfEventLinkInfo info:
                WritePerfEvent(output, info);
                break;
        }
    }

    private static void WriteIteratorJson(JsonStream json, IteratorLinkInfo info)
    {
        json.Field("target_name", info.Target);
        if (info.Target is "bpf_map_elem" or "bpf_sk_storage_map")
            json.Field("map_id", info.MapId);
        else if (info.ThreadId != 0)
            json.Field("tid", info.ThreadId);
        else if (info.ProcessId != 0)
            json.Field("pid", info.ProcessId);
        if (info.Target == "cgroup")
        {
            json.Field("cgroup_id", info.CgroupId);
            json.Field("order", Order(info.CgroupOrder));
        }
    }

    private static void WriteIterator(TextWriter output, IteratorLinkInfo info)
    {
        output.Write($"target_name {info.Target}  ");
        if (info.Target is "bpf_map_elem" or "bpf_sk_storage_map")
            output.Write($"map_id {info.MapId}  ");
        else if (info.ThreadId != 0)
            output.Write($"tid {info.ThreadId} ");
        else if (info.ProcessId != 0)
            output.Write($"pid {info.ProcessId} ");
        if (info.Target == "cgroup")
            output.Write($"cgroup_id {info.CgroupId}  order {Order(info.CgroupOrder)}  ");
    }

    private static void WriteNetfilter(TextWriter output, NetfilterLinkInfo info)
    {
        string family = info.Hook.Family == NetfilterFamily.IPv6 ? "ip6" : "ip";
        string[] hooks = ["prerouting", "input", "forward", "output", "postrouting"];
        int hook = (int)info.Hook.Hook;
        output.Write($"\n\t{family}{(hook < hooks.Length ? $" {hooks[hook]}" : $", hook {hook},")} prio {info.Hook.Priority}{(info.Hook.Defragment ? " flags 0x1" : "")}");
    }

    private static void WriteFunctionsJson(JsonStream json, KprobeMultiLinkInfo info)
    {
        json.Field("retprobe", info.IsReturn);
        json.Field("func_cnt", info.Addresses.Length);
        json.Field("missed", info.Missed);
        json.Name("funcs").StartArray();
        for (int i = 0; i < info.Addresses.Length; i++)
        {
            json.StartObject();
            json.Field("addr", info.Addresses[i]);
            json.Field("cookie", i < info.Cookies.Length ? info.Cookies[i] : 0);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void WritePlacesJson(JsonStream json, UprobeMultiLinkInfo info)
    {
        json.Field("retprobe", info.IsReturn);
        json.Field("path", info.Path);
        json.Field("func_cnt", info.Offsets.Length);
        json.Field("pid", info.Pid);
        json.Name("funcs").StartArray();
        for (int i = 0; i < info.Offsets.Length; i++)
        {
            json.StartObject();
            json.Field("offset", info.Offsets[i]);
            json.Field("ref_ctr_offset", i < info.SemaphoreOffsets.Length ? info.SemaphoreOffsets[i] : 0);
            json.Field("cookie", i < info.Cookies.Length ? info.Cookies[i] : 0);
            json.EndObject();
        }

        json.EndArray();
    }

    private static void WritePlaces(TextWriter output, UprobeMultiLinkInfo info)
    {
        output.Write($"\n\t{(info.IsReturn ? "uretprobe" : "uprobe")}.multi  path {info.Path}  func_cnt {info.Offsets.Length}  {(info.Pid != 0 ? $"pid {info.Pid}  " : "")}");
        output.Write($"\n\t{"offset",-16}   {"ref_ctr_offset",-16}   {"cookies",-16}");
        for (int i = 0; i < info.Offsets.Length; i++)
        {
            ulong counter = i < info.SemaphoreOffsets.Length ? info.SemaphoreOffsets[i] : 0, cookie = i < info.Cookies.Length ? info.Cookies[i] : 0;
            output.Write($"\n\t0x{info.Offsets[i],-16:x} 0x{counter,-16:x} 0x{cookie,-16:x}");
        }
    }

    private static void WritePerfEventJson(JsonStream json, PerfEventLinkInfo info)
    {
        switch (info.Kind)
        {
            case PerfEventKind.Event:
                json.Field("event_type", PerfEventText.Type(info.EventType));
                json.Field("event_config", PerfEventText.Config(info.EventType, info.EventConfig));
                json.Field("cookie", info.Cookie);
                break;
            case PerfEventKind.Tracepoint:
                json.Field("tracepoint", info.Name);
                json.Field("cookie", info.Cookie);
                break;
            case PerfEventKind.Kprobe or PerfEventKind.Kretprobe:
                json.Field("retprobe", info.Kind == PerfEventKind.Kretprobe);
                json.Field("addr", info.Address);
                json.Field("func", info.Name);
                json.Field("offset", info.Offset);
                json.Field("missed", info.Missed);
                json.Field("cookie", info.Cookie);
                break;
            case PerfEventKind.Uprobe or PerfEventKind.Uretprobe:
                json.Field("retprobe", info.Kind == PerfEventKind.Uretprobe);
                json.Field("file", info.Name);
                json.Field("offset", info.Offset);
                json.Field("cookie", info.Cookie);
                json.Field("ref_ctr_offset", info.SemaphoreOffset);
                break;
        }
    }

    private static void WritePerfEvent(TextWriter output, PerfEventLinkInfo info)
    {
        switch (info.Kind)
        {
            case PerfEventKind.Event:
                output.Write($"\n\tevent {PerfEventText.Type(info.EventType)}:{PerfEventText.Config(info.EventType, info.EventConfig)}  {Cookie(info.Cookie)}");
                break;
            case PerfEventKind.Tracepoint when info.Name.Length > 0:
                output.Write($"\n\ttracepoint {info.Name}  {Cookie(info.Cookie)}");
                break;
            case PerfEventKind.Kprobe or PerfEventKind.Kretprobe when info.Name.Length > 0 || info.Address != 0:
                output.Write($"\n\t{(info.Kind == PerfEventKind.Kretprobe ? "kretprobe" : "kprobe")} {(info.Address != 0 ? $"{info.Address:x} " : "")}{info.Name}");
                output.Write($"{(info.Offset != 0 ? $"+0x{info.Offset:x}" : "")}{(info.Missed != 0 ? $"  missed {info.Missed}" : "")}{(info.Cookie != 0 ? $"  cookie {info.Cookie}" : "")}  ");
                break;
            case PerfEventKind.Uprobe or PerfEventKind.Uretprobe when info.Name.Length > 0:
                output.Write($"\n\t{(info.Kind == PerfEventKind.Uretprobe ? "uretprobe" : "uprobe")} {info.Name}+{(info.Offset == 0 ? "0" : $"0x{info.Offset:x}")}  {Cookie(info.Cookie)}");
                if (info.SemaphoreOffset != 0)
                    output.Write($"ref_ctr_offset 0x{info.SemaphoreOffset:x}  ");
                break;
        }
    }

    private static string Cookie(ulong cookie) => cookie == 0 ? "" : $"cookie {cookie}  ";

    private static string Order(CgroupIteratorOrder? order) => order switch
    {
        CgroupIteratorOrder.SelfOnly => "self_only",
        CgroupIteratorOrder.DescendantsPre => "descendants_pre",
        CgroupIteratorOrder.DescendantsPost => "descendants_post",
        CgroupIteratorOrder.AncestorsUp => "ancestors_up",
        _ => "order_unspec",
    };

    private static string? DeviceName(int index) => index == 0 ? null : InterfaceNames.Find((uint)index);

    private static string ProgramTypeText(uint id)
    {
        Errno errno = Bpf.OpenById(BpfObjectKind.Program, id, out FileDescriptor? opened);
        if (opened is null)
            throw new BpftoolException($"can't get prog info: {BpftoolCommandLine.Text(errno)}");
        using FileDescriptor program = opened;
        return ProgramInfoReader.Read(program).Type.Text();
    }
}

/// <summary>Names of perf events.</summary>
/// <remarks>perf_type_name and event_symbols_* in link.c of bpftool.</remarks>
internal static class PerfEventText
{
    private static readonly string[] s_types = ["hardware", "software", "tracepoint", "hw-cache", "raw", "breakpoint"];

    private static readonly string[] s_hardware =
        ["cpu-cycles", "instructions", "cache-references", "cache-misses", "branch-instructions", "branch-misses", "bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles"];

    private static readonly string[] s_software =
        ["cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults", "major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output", "cgroup-switches"];

    public static string Type(uint type) => type < s_types.Length ? s_types[type] : $"{type}";

    public static string Config(uint type, ulong config)
    {
        string[] names = type switch { 0 => s_hardware, 1 => s_software, _ => [] };
        return config < (ulong)names.Length ? names[config] : $"{config}";
    }
}
