using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Introspection;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Programs;

/// <summary>A program in the kernel. It goes with its last descriptor, link, pin and PROG_ARRAY slot.</summary>
internal sealed partial class LinuxProgramHandle(ProgramSpec spec, FileDescriptor descriptor, TimeSpan loadTime) : IProgramHandle
{
    public FileDescriptor Descriptor { get; } = descriptor;

    public ProgramSpec Spec { get; } = spec;

    /// <summary>What the verifier wrote, where that was asked for.</summary>
    public string Log { get; init; } = "";

    public int? Fd => Descriptor.Number;

    /// <summary>The kernel's figures; one system call, made when somebody asks. The kernel verifies and compiles in one call, whose time is given as the verifier's where its log has no figure.</summary>
    public ProgramFigures Figures
    {
        get
        {
            ProgramInfoRecord info = Info();
            using FileDescriptor.Lease program = Descriptor.Use();
            return new ProgramFigures(
                Spec.Instructions.Length,
                info.VerifiedInstructions == 0 ? null : (int)info.VerifiedInstructions,
                VerifierLog.Figure(Log, "verification time") is > 0 and int microseconds ? TimeSpan.FromMicroseconds(microseconds) : loadTime,
                null,
                (int)info.JitedLength,
                FdInfo.Number(program.Number, "memlock"))
            {
                TranslatedBytes = (int)info.TranslatedLength,
                TotalStates = VerifierLog.Figure(Log, "total_states"),
                PeakStates = VerifierLog.Figure(Log, "peak_states"),
                Log = Log,
            };
        }
    }

    /// <summary>What the kernel tells about it, without lists.</summary>
    public ProgramInfoRecord Info()
    {
        using FileDescriptor.Lease program = Descriptor.Use();
        ProgramInfoRecord info = default;
        Errno errno = Bpf.Info(program.Number, ref info);
        return errno == Errno.None ? info : throw new BpfException($"the kernel does not tell about program '{Spec.Name}': {errno}", errno) { Program = Spec.Name };
    }

    /// <summary>A handle to a program that is loaded already. The descriptor is the handle's from now on, also where this fails.</summary>
    /// <exception cref="BpfException">It is no program.</exception>
    public static LinuxProgramHandle Open(FileDescriptor descriptor)
    {
        try
        {
            if (FdInfo.Kind(descriptor.Number) is { } kind and not "bpf-prog")
            {
                throw new BpfException($"it is no program but a {kind.Replace('_', '-')}", Errno.EINVAL);
            }

            ProgramInfoRecord info = default;
            Errno errno = Bpf.Info(descriptor.Number, ref info);
            if (errno != Errno.None)
            {
                throw new BpfException($"the kernel does not tell what program it is: {errno}", errno);
            }

            var spec = new ProgramSpec { Name = info.Name.ToString(), SectionName = "", Type = (ProgramType)info.Type, Instructions = [], Functions = [] };
            return new LinuxProgramHandle(spec, descriptor, TimeSpan.Zero);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    public void Pin(string path)
    {
        using FileDescriptor.Lease program = Descriptor.Use();
        Bpffs.Pin(path, program.Number, $"program '{Spec.Name}'");
    }

    public ProgramInfo? ReadInfo() => ProgramInfoReader.Read(Descriptor);

    public void Dispose() => Descriptor.Dispose();
}
