using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Tool.Bpftool;

/// <summary><c>ebpf prog …</c>: the programs in the kernel.</summary>
/// <remarks>prog.c of bpftool.</remarks>
internal sealed class ProgCommands(BpftoolContext context)
{
    public const string Usage = """
        Usage: ebpf prog { show | list } [PROG]
               ebpf prog dump xlated PROG [file FILE]
               ebpf prog dump jited  PROG  file FILE
               ebpf prog pin  PROG FILE
               ebpf prog help

               PROG := { id PROG_ID | pinned FILE | tag PROG_TAG | name PROG_NAME }
               OPTIONS := { {-j|--json} [{-p|--pretty}] | {-f|--bpffs} }
        """;

    private readonly TextWriter _output = context.Output;

    /// <summary>The commands, the default one first.</summary>
    public (string Name, Func<Arguments, int> Run)[] Table => [("show", Show), ("list", Show), ("dump", Dump), ("pin", Pin)];

    private int Show(Arguments arguments)
    {
        var notes = new Footnotes(context, BpfObjectKind.Program);
        // Anything but one handle of two words is all programs, or wrong.
        bool isSubset = arguments.Count == 2;
        IEnumerable<FileDescriptor> programs = isSubset ? Handles.Programs(arguments) : LoadedObjects.Open(BpfObjectKind.Program);
        arguments.End();
        bool isArray = !isSubset || ((IReadOnlyList<FileDescriptor>)programs).Count > 1;
        if (isArray)
            context.Json?.StartArray();
        bool isAny = false;
        foreach (FileDescriptor each in programs)
        {
            using FileDescriptor program = each;
            isAny = true;
            ProgramInfo info = ProgramInfoReader.Read(program);
            if (context.Json is { } json)
                WriteJson(json, info, notes);
            else
                WritePlain(info, notes);
        }

        if (isArray)
            context.Json?.EndArray();
        return isSubset && !isAny ? throw new BpftoolException("no program matches this handle") : 0;
    }

    private static void WriteJson(JsonStream json, ProgramInfo info, Footnotes notes)
    {
        json.StartObject();
        json.Field("id", info.Id);
        json.Field("type", info.Type.Text());
        if (info.Name.Length > 0)
            json.Field("name", info.Name);
        json.Field("tag", info.Tag);
        json.Field("gpl_compatible", info.IsGplCompatible);
        if (info.RunTimeNanoseconds != 0)
        {
            json.Field("run_time_ns", info.RunTimeNanoseconds);
            json.Field("run_cnt", info.RunCount);
        }

        if (info.RecursionMisses != 0)
            json.Field("recursion_misses", info.RecursionMisses);
        Footnotes.WriteDeviceJson(json, info.OffloadInterface);
        json.Field("loaded_at", info.LoadedAt.ToUnixTimeSeconds());
        json.Field("uid", info.Uid);
        json.Field("orphaned", info.IsOrphaned);
        json.Field("bytes_xlated", info.XlatedBytes);
        json.Field("jited", info.JitedBytes > 0);
        if (info.JitedBytes > 0)
            json.Field("bytes_jited", info.JitedBytes);
        if (info.MemoryBytes is { } memory)
            json.Field("bytes_memlock", memory);
        if (info.MapIds.Count > 0)
        {
            json.Name("map_ids").StartArray();
            foreach (uint id in info.MapIds)
                json.Number(id);
            json.EndArray();
        }

        if (info.BtfId != 0)
            json.Field("btf_id", info.BtfId);
        notes.WritePinsJson(json, info.Id);
        notes.WriteHoldersJson(json, info.Id);
        if (ProgramMetadata.Find(info) is { } metadata)
        {
            json.Name("metadata").StartObject();
            var values = new TypedValues(metadata.Types, json, isPlain: false);
            foreach ((string name, uint type, int offset) in metadata.Variables)
            {
                json.Name(name);
                values.Write(type, metadata.Value.AsSpan(offset));
            }

            json.EndObject();
        }

        json.EndObject();
    }

    private void WritePlain(ProgramInfo info, Footnotes notes)
    {
        _output.Write($"{info.Id}: {info.Type.Text()}  ");
        if (info.Name.Length > 0)
            _output.Write($"name {info.Name}  ");
        _output.Write($"tag {info.Tag}");
        Footnotes.WriteDevice(_output, info.OffloadInterface);
        _output.Write(info.IsGplCompatible ? "  gpl" : "");
        if (info.RunTimeNanoseconds != 0)
            _output.Write($" run_time_ns {info.RunTimeNanoseconds} run_cnt {info.RunCount}");
        if (info.RecursionMisses != 0)
            _output.Write($" recursion_misses {info.RecursionMisses}");
        DateTimeOffset loaded = info.LoadedAt.ToLocalTime();
        string zone = loaded.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "");
        _output.Write($"\n\tloaded_at {loaded.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)}{zone}  uid {info.Uid}\n");
        _output.Write($"\txlated {info.XlatedBytes}B");
        _output.Write(info.JitedBytes > 0 ? $"  jited {info.JitedBytes}B" : "  not jited");
        if (info.MemoryBytes is { } memory)
            _output.Write($"  memlock {memory}B");
        if (info.IsOrphaned)
            _output.Write("  orphaned");
        if (info.MapIds.Count > 0)
            _output.Write($"  map_ids {string.Join(',', info.MapIds)}");
        notes.WritePins(_output, info.Id);
        if (info.BtfId != 0)
            _output.Write($"\n\tbtf_id {info.BtfId}");
        notes.WriteHolders(_output, info.Id);
        _output.Write("\n");
        if (ProgramMetadata.Find(info) is not { } metadata)
            return;
        _output.Write("\tmetadata:");
        foreach ((string name, uint type, int offset) in metadata.Variables)
        {
            _output.Write($"\n\t\t{name} = ");
            new TypedValues(metadata.Types, new JsonStream(_output, isPretty: false), isPlain: true).Write(type, metadata.Value.AsSpan(offset));
        }

        _output.Write("\n");
    }

    private int Dump(Arguments arguments)
    {
        bool isJited = arguments.Take("jited");
        if (!isJited && !arguments.Take("xlated"))
            throw new BpftoolException(arguments.Peek is { } word ? $"expected 'xlated' or 'jited', got: {word}" : "expected 'xlated' or 'jited'");
        if (arguments.Count < 2)
            throw BpftoolException.WrongUsage(Usage);
        using FileDescriptor program = Handles.Program(arguments);
        string? file = arguments.Take("file") ? arguments.Next() : null;
        arguments.End();
        byte[] code = isJited ? ProgramInfoReader.Jited(program) : ProgramInfoReader.Xlated(program);
        if (code.Length == 0)
            throw new BpftoolException(isJited ? "no instructions returned" : "error retrieving insn dump: kernel.kptr_restrict set?");
        if (file is not null)
        {
            File.WriteAllBytes(file, code);
            context.Json?.Null();
            return 0;
        }

        if (isJited)
            throw new BpftoolException("machine code is not disassembled here: write it to a file (file FILE)");
        WriteInstructions(code);
        return 0;
    }

    private void WriteInstructions(byte[] code)
    {
        IReadOnlyList<(int Index, byte Opcode, string Text)> lines = XlatedText.Lines(code);
        if (context.Json is { } json)
        {
            json.StartArray();
            foreach ((_, byte opcode, string text) in lines)
            {
                json.StartObject();
                json.Field("disasm", $"({opcode:x2}) {text}");
                json.EndObject();
            }

            json.EndArray();
            return;
        }

        foreach ((int index, byte opcode, string text) in lines)
            _output.WriteLine($"{index,4}: ({opcode:x2}) {text}");
    }

    private int Pin(Arguments arguments)
    {
        using FileDescriptor program = Handles.Program(arguments);
        PinFile.Make(program, arguments);
        context.Json?.Null();
        return 0;
    }
}
