using System.Buffers;
using System.Diagnostics;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.Programs;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux;

/// <content>Programs.</content>
/// <remarks>bpf_object_load_prog in libbpf.c.</remarks>
internal sealed unsafe partial class LinuxLoad
{
    // BPF_LOG_LEVEL1, LEVEL2 and STATS in include/linux/bpf_verifier.h: the path that fails, all paths, the figures at the end.
    private const uint FailingPath = 1, WholeWalk = 2, Statistics = 4;

    public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading)
    {
        // Tracepoints of user programs are one link where the kernel has it, which their programs must be loaded for.
        if (SectionDefinitions.TryFind(Dialect.Linux, program.SectionName, out SectionDefinition section) && (section.Flags & SectionFlags.Usdt) != 0 &&
            program.AttachType == AttachType.None && KernelFeatures.UprobeMulti)
        {
            program = program with { AttachType = AttachType.TraceUprobeMulti };
        }

        using var code = new KernelCode(program, loading.MapHandles, KernelFunctionOf);
        AttachTarget target = FindAttachTarget(program, loading.AttachProgram, loading.StructOps);
        long started = Stopwatch.GetTimestamp();
        uint logLevel = (loading.Verifier.Verbose ? WholeWalk : 0) | (loading.WantsStatistics ? Statistics : 0) | (program.Extras?.LogLevel ?? 0);
        FileDescriptor descriptor = Load(program, code, target, logLevel, out string log);
        BindMetadata(descriptor, loading);
        return new LinuxProgramHandle(program, descriptor, Stopwatch.GetElapsedTime(started)) { Log = log };
    }

    /// <summary>
    /// Makes the program keep the constants in which its object says what it is (<c>bpf_metadata_…</c>), for tools that show them: no instruction
    /// names them. Kernels before 5.10 cannot, and nothing depends on it.
    /// </summary>
    private void BindMetadata(FileDescriptor program, ProgramLoading loading)
    {
        foreach (VariableImage variable in image.Variables)
        {
            if (variable.Name.StartsWith("bpf_metadata_", StringComparison.Ordinal) && loading.MapHandles[variable.Map] is LinuxMapHandle map)
            {
                using FileDescriptor.Lease lease = map.Descriptor.Use();
                _ = Bpf.BindMap(program.Number, lease.Number);
                return;
            }
        }
    }

    private KernelFunctionId KernelFunctionOf(KernelFunctionSpec function)
    {
        Bytecode.Btf.BtfType type = KernelFunction(function.Name);
        return new KernelFunctionId(type.Id, _kernel.DescriptorOf(type));
    }

    private FileDescriptor Load(ProgramSpec program, KernelCode code, AttachTarget target, uint logLevel, out string log)
    {
        FunctionInfoRecord[] functions = [];
        LineInfoRecord[] lines = [];
        // Without the object's types there is nothing that the ids in here could refer to.
        FileDescriptor? types = program.Types is null ? null : ObjectTypes;
        if (types is not null)
        {
            functions = FunctionsOf(program);
            lines = LinesOf(program);
        }

        fixed (byte* instructions = code.Instructions)
        fixed (byte* license = Bpf.ZeroEnded(program.License))
        fixed (FunctionInfoRecord* functionInfo = functions)
        fixed (LineInfoRecord* lineInfo = lines)
        fixed (int* descriptors = code.ModuleDescriptors)
        {
            var attributes = new ProgramLoadAttributes
            {
                ProgramType = (uint)program.Type,
                InstructionCount = (uint)program.Instructions.Length,
                Instructions = instructions,
                License = license,
                KernelVersion = program.KernelVersion != 0 ? program.KernelVersion : KernelVersion.Running,
                Flags = FlagsOf(program),
                Name = ObjectName.From(program.Name),
                Interface = program.Extras?.Interface ?? 0,
                ExpectedAttachType = target.Member ?? (program.AttachType == AttachType.None ? 0 : (uint)program.AttachType),
                BtfFd = types?.Number ?? 0,
                FunctionInfoRecordSize = functions.Length == 0 ? 0 : (uint)sizeof(FunctionInfoRecord),
                FunctionInfo = functionInfo,
                FunctionInfoCount = (uint)functions.Length,
                LineInfoRecordSize = lines.Length == 0 ? 0 : (uint)sizeof(LineInfoRecord),
                LineInfo = lineInfo,
                LineInfoCount = (uint)lines.Length,
                AttachBtfId = target.TypeId,
                AttachFd = target.Descriptor,
                FdArray = descriptors,
            };
            Errno errno = Errno.None;
            if (logLevel == 0)
            {
                log = "";
                errno = Bpf.LoadProgram(ref attributes, out FileDescriptor? loaded);
                if (MemoryLock.RaisedFor(errno))
                {
                    errno = Bpf.LoadProgram(ref attributes, out loaded);
                }

                if (errno == Errno.None)
                {
                    return loaded!;
                }

                logLevel = FailingPath;
            }

            return LoadWithLog(program, ref attributes, errno, logLevel, out log);
        }
    }

    /// <summary>Asks again, for the reason. The log is off at first since it makes verifying several times slower.</summary>
    private FileDescriptor LoadWithLog(ProgramSpec program, ref ProgramLoadAttributes attributes, Errno first, uint logLevel, out string text)
    {
        const uint smallest = 1 << 18, greatest = uint.MaxValue >> 2;
        for (uint size = smallest; ; size = Math.Min(size, greatest))
        {
            byte[] log = ArrayPool<byte>.Shared.Rent((int)size);
            try
            {
                log[0] = 0;
                fixed (byte* start = log)
                {
                    attributes.LogLevel = logLevel;
                    attributes.LogBuffer = start;
                    attributes.LogSize = (uint)log.Length;
                    Errno errno = Bpf.LoadProgram(ref attributes, out FileDescriptor? loaded);
                    if (errno == Errno.None)
                    {
                        text = LoadFailure.Text(log);
                        return loaded!;
                    }

                    // Kernels from 6.4 on say how much it takes.
                    if (errno == Errno.ENOSPC && size < greatest)
                    {
                        size = Math.Max((uint)log.Length * 2, attributes.LogTrueSize);
                        continue;
                    }

                    if ((logLevel & (FailingPath | WholeWalk)) == 0)
                    {
                        // Figures alone do not say why.
                        logLevel |= FailingPath;
                        continue;
                    }

                    // What the verifier found is the first answer; a log that does not fit at all hides it.
                    errno = errno == Errno.ENOSPC && first != Errno.None ? first : errno;
                    throw LoadFailure.Of(program, errno, log, image, TypesNote(errno));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(log);
            }
        }
    }

    private static ProgramLoadFlags FlagsOf(ProgramSpec program) =>
        (ProgramLoadFlags)(program.Extras?.Flags ?? 0) |
        (program.IsSleepable ? ProgramLoadFlags.Sleepable : 0) |
        (program.HandlesFragments && program.Type == ProgramType.Xdp ? ProgramLoadFlags.XdpHasFragments : 0);

    private static FunctionInfoRecord[] FunctionsOf(ProgramSpec program)
    {
        // The kernel wants all of them or none.
        if (program.Functions.Any(static f => f.TypeId == 0))
        {
            return [];
        }

        var records = new FunctionInfoRecord[program.Functions.Length];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = new FunctionInfoRecord { InstructionOffset = (uint)program.Functions[i].Start, TypeId = program.Functions[i].TypeId };
        }

        return records;
    }

    private static LineInfoRecord[] LinesOf(ProgramSpec program)
    {
        var records = new LineInfoRecord[program.Lines.Length];
        for (int i = 0; i < records.Length; i++)
        {
            LineSpec line = program.Lines[i];
            records[i] = new LineInfoRecord
            {
                InstructionOffset = (uint)line.Slot,
                FileNameOffset = line.FileNameOffset,
                LineOffset = line.TextOffset,
                LineAndColumn = ((uint)line.Line << 10) | (uint)line.Column,
            };
        }

        return records;
    }
}
