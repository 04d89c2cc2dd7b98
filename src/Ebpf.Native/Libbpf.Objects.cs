using System.Globalization;
using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <content>Objects: opening, loading, what they hold.</content>
internal static unsafe partial class Libbpf
{
    /// <summary>Offsets of bpf_object_open_opts.</summary>
    private static class OpenOptionsFields
    {
        public const int ObjectName = 8;
        public const int PinRootPath = 24;
        public const int Kconfig = 40;
        public const int BtfCustomPath = 48;
        public const int LogBuffer = 56;
        public const int LogSize = 64;
        public const int LogLevel = 72;
        public const int TokenPath = 80;
        public const int End = 88;
    }

    public static nint bpf_object__open(byte* path) => bpf_object__open_file(path, null);

    public static nint bpf_object__open_file(byte* path, byte* opts)
    {
        if (path == null)
        {
            return Answer.Null(Errno.EINVAL);
        }

        string file = Text.Read(path)!;
        Print.Debug($"loading {file}\n");
        return Open(opts, (name) => BpfObject.Open(file, AsLibbpf(name)), file);
    }

    public static nint bpf_object__open_mem(byte* buffer, nuint size, byte* opts)
    {
        if (buffer == null || size == 0)
        {
            return Answer.Null(Errno.EINVAL);
        }

        return OpenMemory(buffer, size, string.Create(CultureInfo.InvariantCulture, $"{(nuint)buffer:x}-{size:x}"), opts);
    }

    public static int bpf_object__prepare(nint obj) => obj == 0 ? Answer.Error(Errno.EINVAL) : Object(obj).Prepare();

    public static int bpf_object__load(nint obj) => obj == 0 ? Answer.Error(Errno.EINVAL) : Object(obj).Load();

    public static void bpf_object__close(nint obj)
    {
        // IS_ERR_OR_NULL in libbpf_internal.h: errors of the old convention are pointers near the end of the address space.
        if (obj is not (0 or (< 0 and >= -4095)))
        {
            Object(obj).Close();
        }
    }

    public static byte* bpf_object__name(nint obj) => obj == 0 ? Answer.NullBytes(Errno.EINVAL) : Object(obj).Name;

    public static uint bpf_object__kversion(nint obj) => obj == 0 ? 0 : Object(obj).KernelVersion;

    public static int bpf_object__set_kversion(nint obj, uint version)
    {
        NativeObject target = Object(obj);
        if (target.State >= ObjectState.Loaded)
        {
            return Answer.Error(Errno.EINVAL);
        }

        target.KernelVersion = version;
        return 0;
    }

    public static int bpf_object__token_fd(nint obj) => Object(obj).Choices.TokenFd is var fd and not 0 ? fd : -1;

    public static nint bpf_object__btf(nint obj) => obj == 0 ? 0 : Object(obj).Btf?.Handle ?? 0;

    public static int bpf_object__btf_fd(nint obj) => Object(obj).Btf?.Fd ?? -1;

    public static nint bpf_object__find_program_by_name(nint obj, byte* name)
    {
        NativeObject owner = Object(obj);
        ReadOnlySpan<byte> wanted = Text.Bytes(name);
        foreach (NativeProgram program in owner.Programs)
        {
            if (wanted.SequenceEqual(Text.Bytes(program.Name)))
            {
                return program.Handle;
            }
        }

        return Answer.Null(Errno.ENOENT);
    }

    public static nint bpf_object__next_program(nint obj, nint program) => Step(obj, program, 1);

    public static nint bpf_object__prev_program(nint obj, nint program) => Step(obj, program, -1);

    public static nint bpf_object__find_map_by_name(nint obj, byte* name)
    {
        NativeObject owner = Object(obj);
        string wanted = Text.Read(name)!;
        foreach (NativeMap map in owner.Maps)
        {
            // A name with a dot is a section's.
            if (wanted.StartsWith('.') ? map.RealName == wanted : map.Spec.Name == wanted)
            {
                return map.Handle;
            }
        }

        return Answer.Null(Errno.ENOENT);
    }

    public static int bpf_object__find_map_fd_by_name(nint obj, byte* name) => bpf_map__fd(bpf_object__find_map_by_name(obj, name));

    public static nint bpf_object__next_map(nint obj, nint map) => StepMap(obj, map, 1);

    public static nint bpf_object__prev_map(nint obj, nint map) => StepMap(obj, map, -1);

    internal static NativeObject Object(nint pointer) => Handles.Get<NativeObject>(pointer);

    internal static nint OpenMemory(byte* buffer, nuint size, string name, byte* opts)
    {
        // The bytes are the client's, which may free them.
        byte[] bytes = new ReadOnlySpan<byte>(buffer, checked((int)size)).ToArray();
        return Open(opts, (chosen) => BpfObject.Open(bytes, AsLibbpf(chosen ?? name)), name);
    }

    private static nint Open(byte* opts, Func<string?, BpfObject> open, string path)
    {
        var options = new Options(opts);
        if (!options.IsValid(OpenOptionsFields.End, "bpf_object_open_opts"))
        {
            return Answer.Null(Errno.EINVAL);
        }

        byte* log = options.Pointer(OpenOptionsFields.LogBuffer);
        ulong logSize = options.U64(OpenOptionsFields.LogSize);
        if (logSize > uint.MaxValue || (logSize != 0 && log == null))
        {
            return Answer.Null(Errno.EINVAL);
        }

        string? name = Text.Read(options.Pointer(OpenOptionsFields.ObjectName));
        var choices = new OpenChoices((nint)log, (nuint)logSize, options.U32(OpenOptionsFields.LogLevel), 0);
        string? customBtf = Text.Read(options.Pointer(OpenOptionsFields.BtfCustomPath));
        var loading = new LoadOptions
        {
            PinRoot = Text.Read(options.Pointer(OpenOptionsFields.PinRootPath)) ?? "/sys/fs/bpf",
            KernelConfig = KernelConfigText.Parse(Text.Read(options.Pointer(OpenOptionsFields.Kconfig))),
            TargetBtf = customBtf is null ? null : BtfView.Open(customBtf),
            Limits = new LoadLimits { Instructions = long.MaxValue, MapBytes = long.MaxValue, Programs = int.MaxValue },
        };
        try
        {
            return new NativeObject(open(name), loading, choices).Handle;
        }
        catch (Exception e)
        {
            Errno errno = e is BpfException { Errno: Errno.None } ? Errno.LIBBPF_FORMAT : Answer.ErrnoOf(e);
            Print.Warn(errno == Errno.ENOENT ? $"failed to open {path}: {ErrorText.Symbol(errno)}\n" : e.Message + "\n");
            return Answer.Null(errno);
        }
    }

    private static OpenOptions AsLibbpf(string? name) => new() { Name = name, Strictness = ObjectStrictness.Libbpf };

    /// <remarks>__bpf_program__iter in libbpf.c.</remarks>
    private static nint Step(nint obj, nint from, int direction)
    {
        if (obj == 0)
        {
            return Answer.Null(Errno.EINVAL);
        }

        NativeProgram[] programs = Object(obj).Programs;
        if (from == 0)
        {
            return programs.Length == 0 ? 0 : programs[direction > 0 ? 0 : ^1].Handle;
        }

        NativeProgram program = Program(from);
        if (program.Owner.Handle != obj)
        {
            Print.Warn("error: program handler doesn't match object\n");
            return Answer.Null(Errno.EINVAL);
        }

        int index = program.Index + direction;
        return (uint)index < (uint)programs.Length ? programs[index].Handle : 0;
    }

    private static nint StepMap(nint obj, nint from, int direction)
    {
        if (obj == 0)
        {
            return Answer.Null(Errno.EINVAL);
        }

        NativeMap[] maps = Object(obj).Maps;
        if (from == 0)
        {
            return maps.Length == 0 ? 0 : maps[direction > 0 ? 0 : ^1].Handle;
        }

        NativeMap map = Map(from);
        if (map.Owner.Handle != obj || map.Index < 0)
        {
            Print.Warn("error in __bpf_map__iter: map handler doesn't belong to object\n");
            return Answer.Null(Errno.EINVAL);
        }

        int index = map.Index + direction;
        return (uint)index < (uint)maps.Length ? maps[index].Handle : 0;
    }
}
