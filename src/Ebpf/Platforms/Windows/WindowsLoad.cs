using System.Diagnostics;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Windows;

/// <summary>One load into Windows' kernel: maps by bpf_map_create, whose names may have 63 characters, programs by bpf().</summary>
internal sealed unsafe class WindowsLoad : IPlatformLoad
{
    private const int LongestName = Runtime.Maps.WindowsMapRules.LongestName, LogBytes = 1 << 18;

    public BtfView? KernelTypes => null;

    public IMapHandle CreateMap(MapSpec map)
    {
        using WindowsFd? inner = map.Inner is { } template ? Create(template, null, $"the inner map of map '{map.Name}'") : null;
        var handle = new WindowsMapHandle(map, Create(map, inner, $"map '{map.Name}'"));
        if (map.IsInternal && map.InitialData.Span.ContainsAnyExcept((byte)0))
        {
            byte[] whole = new byte[handle.HostValueSize];
            map.InitialData.Span[..Math.Min(map.InitialData.Length, whole.Length)].CopyTo(whole);
            Errno errno = handle.Update(BpfMap.Key(0), whole, MapUpdateFlags.Any);
            if (errno != Errno.None)
            {
                handle.Dispose();
                throw new BpfException($"map '{map.Name}' does not take its initial contents: {errno}", errno);
            }
        }

        return handle;
    }

    public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading)
    {
        byte[] instructions = Code(program, loading.MapHandles), log = new byte[LogBytes];
        long started = Stopwatch.GetTimestamp();
        fixed (byte* code = instructions, text = log)
        {
            var attributes = new ProgramLoadAttributes
            {
                ProgramType = (uint)(program.Type.Number(Dialect.Windows) ?? 0),
                InstructionCount = (uint)program.Instructions.Length,
                Instructions = code,
                LogLevel = 1,
                LogBuffer = text,
                LogSize = LogBytes,
                Name = ObjectName.From(program.Name),
            };
            int fd = EbpfApi.Bpf((int)BpfCommand.ProgramLoad, &attributes, (uint)Marshal.OffsetOf<ProgramLoadAttributes>(nameof(ProgramLoadAttributes.TokenFd)));
            Errno errno = WindowsErrno.From(fd);
            if (errno == Errno.None)
            {
                return new WindowsProgramHandle(program, new WindowsFd(fd), Stopwatch.GetElapsedTime(started));
            }

            string reason = Marshal.PtrToStringUTF8((nint)text)?.Trim() ?? "";
            string last = reason.Length == 0 ? "" : ": " + reason[(reason.LastIndexOf('\n') + 1)..];
            throw new BpfException($"program '{program.Name}' is not loaded: {errno}{last}", errno) { Program = program.Name };
        }
    }

    private static WindowsFd Create(MapSpec map, WindowsFd? inner, string what)
    {
        int type = map.Type.Number(Dialect.Windows)
            ?? throw new BpfNotSupportedException($"{what}: the type {map.Type.Text()}", "windows");
        if (map.Name.Length > LongestName)
        {
            throw new BpfException($"{what}: its name has {map.Name.Length} characters, at most {LongestName} are allowed", Errno.EINVAL);
        }

        var options = new EbpfApi.MapCreateOptions
        {
            Size = (nuint)sizeof(EbpfApi.MapCreateOptions),
            InnerMapFd = (uint)(inner?.Number ?? 0),
            MapFlags = (uint)map.Flags,
            NumaNode = map.NumaNode,
        };
        fixed (byte* name = WindowsPlatform.Text(map.Name))
        {
            int fd = EbpfApi.CreateMap(type, name, map.KeySize, map.ValueSize, map.MaxEntries, &options);
            Errno errno = WindowsErrno.From(fd);
            return errno == Errno.None
                ? new WindowsFd(fd)
                : throw new BpfException($"{what} cannot be created: {errno}{(errno == Errno.EPERM ? ", it takes an administrator" : "")}", errno);
        }
    }

    /// <summary>The instructions, with maps by descriptor.</summary>
    private static byte[] Code(ProgramSpec program, IReadOnlyList<IMapHandle?> maps)
    {
        byte[] code = new byte[program.Instructions.Length * Instruction.Size];
        for (int i = 0; i < program.Instructions.Length; i++)
        {
            Instruction slot = program.Instructions[i];
            if (slot.IsWide && (PseudoLoad)slot.Source is PseudoLoad.MapIndex or PseudoLoad.MapIndexValue)
            {
                PseudoLoad kind = (PseudoLoad)slot.Source == PseudoLoad.MapIndex ? PseudoLoad.MapFd : PseudoLoad.MapValue;
                slot = slot with { Source = (Register)kind, Immediate = maps[slot.Immediate]!.Fd!.Value };
            }

            slot.Write(code.AsSpan(i * Instruction.Size), BitConverter.IsLittleEndian);
            if (slot.IsWide)
            {
                i++;
                program.Instructions[i].Write(code.AsSpan(i * Instruction.Size), BitConverter.IsLittleEndian);
            }
        }

        return code;
    }
}
