using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary><c>ebpf map …</c>: the maps in the kernel.</summary>
/// <remarks>map.c of bpftool.</remarks>
internal sealed class MapCommands(BpftoolContext context)
{
    public const string Usage = """
        Usage: ebpf map { show | list }   [MAP]
               ebpf map dump       MAP
               ebpf map update     MAP [key DATA] [value VALUE] [UPDATE_FLAGS]
               ebpf map lookup     MAP [key DATA]
               ebpf map getnext    MAP [key DATA]
               ebpf map delete     MAP  key DATA
               ebpf map pin        MAP  FILE
               ebpf map freeze     MAP
               ebpf map help

               MAP := { id MAP_ID | pinned FILE | name MAP_NAME }
               DATA := { [hex] BYTES }
               PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }
               VALUE := { DATA | MAP | PROG }
               UPDATE_FLAGS := { any | exist | noexist }
               OPTIONS := { {-j|--json} [{-p|--pretty}] | {-f|--bpffs} }
        """;

    private readonly TextWriter _output = context.Output;

    /// <summary>The commands, the default one first.</summary>
    public (string Name, Func<Arguments, int> Run)[] Table =>
        [("show", Show), ("list", Show), ("dump", Dump), ("update", Update), ("lookup", Lookup), ("getnext", GetNext), ("delete", Delete), ("pin", Pin), ("freeze", Freeze)];

    private int Show(Arguments arguments)
    {
        var notes = new Footnotes(context, BpfObjectKind.Map);
        bool isSubset = arguments.Count == 2;
        IEnumerable<FileDescriptor> maps = isSubset ? Handles.Maps(arguments) : LoadedObjects.Open(BpfObjectKind.Map);
        arguments.End();
        bool isArray = !isSubset || ((IReadOnlyList<FileDescriptor>)maps).Count > 1;
        if (isArray)
            context.Json?.StartArray();
        bool isAny = false;
        foreach (FileDescriptor each in maps)
        {
            using FileDescriptor map = each;
            isAny = true;
            MapInfo info = MapInfoReader.Read(map);
            if (context.Json is { } json)
                WriteJson(json, info, notes);
            else
                WritePlain(info, notes);
        }

        if (isArray)
            context.Json?.EndArray();
        return isSubset && !isAny ? throw new BpftoolException("no map matches this handle") : 0;
    }

    private static void WriteHeaderJson(JsonStream json, MapInfo info)
    {
        json.Field("id", info.Id);
        json.Field("type", info.Type.Text());
        if (info.Name.Length > 0)
            json.Field("name", info.Name);
        json.Field("flags", (uint)info.Flags);
    }

    private static void WriteJson(JsonStream json, MapInfo info, Footnotes notes)
    {
        json.StartObject();
        WriteHeaderJson(json, info);
        Footnotes.WriteDeviceJson(json, info.OffloadInterface);
        json.Field("bytes_key", info.KeySize);
        json.Field("bytes_value", info.ValueSize);
        json.Field("max_entries", info.MaxEntries);
        if (info.MemoryBytes is { } memory)
            json.Field("bytes_memlock", memory);
        if (info.OwnerType is { } owner)
            json.Field("owner_prog_type", owner.Text());
        if (info.IsOwnerJited is { } jited)
            json.Field("owner_jited", jited);
        json.Field("frozen", info.IsFrozen ? 1 : 0);
        if (info.BtfId != 0)
            json.Field("btf_id", info.BtfId);
        notes.WritePinsJson(json, info.Id);
        notes.WriteHoldersJson(json, info.Id);
        json.EndObject();
    }

    private void WriteHeader(MapInfo info)
    {
        _output.Write($"{info.Id}: {info.Type.Text()}  ");
        if (info.Name.Length > 0)
            _output.Write($"name {info.Name}  ");
        _output.Write($"flags 0x{(uint)info.Flags:x}");
        Footnotes.WriteDevice(_output, info.OffloadInterface);
        _output.Write("\n");
    }

    private void WritePlain(MapInfo info, Footnotes notes)
    {
        WriteHeader(info);
        _output.Write($"\tkey {info.KeySize}B  value {info.ValueSize}B  max_entries {info.MaxEntries}");
        if (info.MemoryBytes is { } memory)
            _output.Write($"  memlock {memory}B");
        if (info.OwnerType is not null || info.IsOwnerJited is not null)
            _output.Write("\n\t");
        if (info.OwnerType is { } owner)
            _output.Write($"owner_prog_type {owner.Text()}  ");
        if (info.IsOwnerJited is { } jited)
            _output.Write(jited ? "owner jited" : "owner not jited");
        notes.WritePins(_output, info.Id);
        if (info.BtfId != 0 || info.IsFrozen)
            _output.Write("\n\t");
        if (info.BtfId != 0)
            _output.Write($"btf_id {info.BtfId}");
        if (info.IsFrozen)
            _output.Write(info.BtfId != 0 ? "  frozen" : "frozen");
        notes.WriteHolders(_output, info.Id);
        _output.Write("\n");
    }

    private int Dump(Arguments arguments)
    {
        if (arguments.Count != 2)
            throw BpftoolException.WrongUsage(Usage);
        IReadOnlyList<FileDescriptor> maps = Handles.Maps(arguments);
        if (maps.Count == 0)
            throw new BpftoolException("no map matches this handle");
        try
        {
            MapInfo[] infos = [.. maps.Select(MapInfoReader.Read)];
            // Plain output is typed, in the form of JSON, where all of them have types.
            JsonStream? typed = context.Json ?? (infos.All(static i => i.BtfId != 0) ? new JsonStream(_output, isPretty: true) : null);
            if (maps.Count > 1)
                typed?.StartArray();
            Errno ended = Errno.ENOENT;
            for (int i = 0; i < maps.Count && ended == Errno.ENOENT; i++)
            {
                ended = DumpMap(maps[i], infos[i], typed, hasHeader: maps.Count > 1);
                if (typed is null && i != maps.Count - 1)
                    _output.Write("\n");
            }

            if (maps.Count > 1)
                typed?.EndArray();
            if (context.Json is null)
                typed?.End();
            if (ended == Errno.ENOENT)
                return 0;
            // In JSON there is one answer, as bpftool gives it: what was found so far, and the exit code.
            if (context.Json is null)
                context.Errors.WriteLine($"Error: can't get next key: {BpftoolCommandLine.Text(ended)}");
            return ExitCodes.Of(ended);
        }
        finally
        {
            foreach (FileDescriptor map in maps)
                map.Dispose();
        }
    }

    /// <summary>Writes all elements, and answers what ended the walk: <see cref="Errno.ENOENT"/> where all is well.</summary>
    private Errno DumpMap(FileDescriptor map, MapInfo info, JsonStream? typed, bool hasHeader)
    {
        var elements = new MapElements(info, _output);
        if (typed is not null && hasHeader)
        {
            typed.StartObject();
            WriteHeaderJson(typed, info);
            typed.Name("elements");
        }
        else if (hasHeader)
        {
            WriteHeader(info);
        }

        typed?.StartArray();
        int count = 0;
        Errno ended;
        byte[] key = [], next = new byte[info.KeySize], value = new byte[elements.HostValueSize];
        while (true)
        {
            ended = Bpf.NextKey(map.Number, key, next);
            if (ended != Errno.None)
                break;
            key = next;
            Errno errno = Bpf.Lookup(map.Number, key, value, 0);
            if (errno != Errno.None)
            {
                elements.WriteError(context.Json, key, errno);
                continue;
            }

            count++;
            if (context.Json is { } json)
                elements.WriteJson(json, key, value);
            else if (typed is not null && elements.Types is not null)
                elements.WriteTyped(typed, key, value);
            else
                elements.WritePlain(key, value);
        }

        typed?.EndArray();
        if (typed is not null && hasHeader)
            typed.EndObject();
        if (typed is null)
            _output.Write($"Found {count} element{(count == 1 ? "" : "s")}\n");
        return ended;
    }

    private int Update(Arguments arguments)
    {
        using FileDescriptor map = Single(arguments);
        MapInfo info = MapInfoReader.Read(map);
        var element = new ElementArguments(info, takesKey: info.KeySize > 0, takesValue: info.ValueSize > 0, takesFlags: true);
        using (element)
        {
            element.Parse(arguments);
            Require(Bpf.Update(map.Number, element.Key, element.Value, element.Flags), "update failed");
        }

        context.Json?.Null();
        return 0;
    }

    private int Lookup(Arguments arguments)
    {
        using FileDescriptor map = Single(arguments);
        MapInfo info = MapInfoReader.Read(map);
        using var element = new ElementArguments(info, takesKey: info.KeySize > 0, takesValue: false, takesFlags: false);
        element.Parse(arguments);
        var elements = new MapElements(info, _output);
        byte[] value = new byte[elements.HostValueSize];
        Errno errno = Bpf.Lookup(map.Number, element.Key, value, 0);
        if (errno == Errno.ENOENT)
        {
            if (context.Json is { } none)
            {
                none.Null();
            }
            else
            {
                _output.Write("key:\n");
                HexText.Write(_output, element.Key);
                _output.Write("\n\nNot found\n");
            }

            return ExitCodes.Of(errno);
        }

        Require(errno, "lookup failed");
        if (context.Json is { } json)
        {
            elements.WriteJson(json, element.Key, value);
        }
        else if (elements.Types is not null)
        {
            var typed = new JsonStream(_output, isPretty: true);
            elements.WriteTyped(typed, element.Key, value);
            typed.End();
        }
        else
        {
            elements.WritePlain(element.Key, value);
        }

        return 0;
    }

    private int GetNext(Arguments arguments)
    {
        using FileDescriptor map = Single(arguments);
        MapInfo info = MapInfoReader.Read(map);
        bool hasKey = !arguments.IsAtEnd;
        using var element = new ElementArguments(info, takesKey: hasKey, takesValue: false, takesFlags: false);
        element.Parse(arguments);
        byte[] next = new byte[info.KeySize];
        Require(Bpf.NextKey(map.Number, hasKey ? element.Key : [], next), "can't get next key");
        if (context.Json is { } json)
        {
            json.StartObject();
            if (hasKey)
                json.Name("key").Bytes(element.Key);
            else
                json.Name("key").Null();
            json.Name("next_key").Bytes(next);
            json.EndObject();
            return 0;
        }

        if (hasKey)
        {
            _output.Write("key:\n");
            HexText.Write(_output, element.Key);
            _output.Write("\n");
        }
        else
        {
            _output.Write("key: None\n");
        }

        _output.Write("next key:\n");
        HexText.Write(_output, next);
        _output.Write("\n");
        return 0;
    }

    private int Delete(Arguments arguments)
    {
        using FileDescriptor map = Single(arguments);
        using var element = new ElementArguments(MapInfoReader.Read(map), takesKey: true, takesValue: false, takesFlags: false);
        element.Parse(arguments);
        Require(Bpf.Delete(map.Number, element.Key), "delete failed");
        context.Json?.Null();
        return 0;
    }

    private int Pin(Arguments arguments)
    {
        using FileDescriptor map = Single(arguments);
        PinFile.Make(map, arguments);
        context.Json?.Null();
        return 0;
    }

    private int Freeze(Arguments arguments)
    {
        using FileDescriptor map = Single(arguments);
        arguments.End();
        Require(Bpf.Freeze(map.Number), "failed to freeze map");
        context.Json?.Null();
        return 0;
    }

    private static FileDescriptor Single(Arguments arguments) => arguments.Count < 2 ? throw BpftoolException.WrongUsage(Usage) : Handles.Map(arguments);

    private static void Require(Errno errno, string action)
    {
        if (errno != Errno.None)
            throw new BpftoolException($"{action}: {BpftoolCommandLine.Text(errno)}", ExitCodes.Of(errno));
    }
}
