using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>BPF_PROG_LOAD.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProgramLoadAttributes
{
    public uint ProgramType;
    public uint InstructionCount;
    public void* Instructions;
    public byte* License;
    public uint LogLevel;
    public uint LogSize;
    public byte* LogBuffer;
    public uint KernelVersion;
    public ProgramLoadFlags Flags;
    public ObjectName Name;
    public uint Interface;
    public uint ExpectedAttachType;
    public int BtfFd;
    public uint FunctionInfoRecordSize;
    public void* FunctionInfo;
    public uint FunctionInfoCount;
    public uint LineInfoRecordSize;
    public void* LineInfo;
    public uint LineInfoCount;
    public uint AttachBtfId;
    /// <summary>The program to attach to, or the BTF of a module; 0 for vmlinux.</summary>
    public int AttachFd;
    public uint CoreRelocationCount;
    public int* FdArray;
    public void* CoreRelocations;
    public uint CoreRelocationRecordSize;
    /// <summary>Output since Linux 6.4: bytes that the whole log takes, its zero included.</summary>
    public uint LogTrueSize;
    public int TokenFd;
    public uint FdArrayCount;
    public void* Signature;
    public uint SignatureSize;
    public int KeyringId;
}

/// <summary>Flags of BPF_PROG_LOAD.</summary>
[Flags]
internal enum ProgramLoadFlags : uint
{
    None = 0,
    StrictAlignment = 1 << 0,
    AnyAlignment = 1 << 1,
    TestRandomHigh32 = 1 << 2,
    TestStateFrequency = 1 << 3,
    Sleepable = 1 << 4,
    XdpHasFragments = 1 << 5,
    XdpDeviceBoundOnly = 1 << 6,
    TestRegisterInvariants = 1 << 7,
    TokenFd = 1 << 16,
}

/// <summary>'struct bpf_func_info': BPF_PROG_LOAD's functions.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FunctionInfoRecord
{
    public uint InstructionOffset;
    public uint TypeId;
}

/// <summary>'struct bpf_line_info': BPF_PROG_LOAD's source lines.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LineInfoRecord
{
    public uint InstructionOffset;
    public uint FileNameOffset;
    public uint LineOffset;
    public uint LineAndColumn;
}

/// <summary>BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProgramAttachAttributes
{
    /// <summary>A descriptor, or the index of an interface.</summary>
    public int Target;
    public int ProgramFd;
    public uint AttachType;
    public uint Flags;
    public int ReplaceProgramFd;
    public uint Relative;
    public ulong ExpectedRevision;
}

/// <summary>BPF_PROG_TEST_RUN.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProgramTestRunAttributes
{
    public int ProgramFd;
    public uint ReturnValue;
    public uint DataSizeIn;
    public uint DataSizeOut;
    public void* DataIn;
    public void* DataOut;
    public uint Repeat;
    /// <summary>Output: nanoseconds of one repetition, the mean of all.</summary>
    public uint Duration;
    public uint ContextSizeIn;
    public uint ContextSizeOut;
    public void* ContextIn;
    public void* ContextOut;
    public uint Flags;
    public uint Cpu;
    public uint BatchSize;
    private readonly uint _padding;
}

/// <summary>BPF_PROG_QUERY.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ProgramQueryAttributes
{
    /// <summary>A descriptor, or the index of an interface.</summary>
    public int Target;
    public uint AttachType;
    public uint QueryFlags;
    public uint AttachFlags;
    public uint* ProgramIds;
    public uint Count;
    private readonly uint _padding;
    public uint* ProgramAttachFlags;
    public uint* LinkIds;
    public uint* LinkAttachFlags;
    public ulong Revision;
}

/// <summary>BPF_RAW_TRACEPOINT_OPEN.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RawTracepointAttributes
{
    public byte* Name;
    public int ProgramFd;
    private readonly uint _padding;
    public ulong Cookie;
}

/// <summary>BPF_PROG_BIND_MAP; since Linux 5.10.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProgramBindMapAttributes
{
    public int ProgramFd;
    public int MapFd;
    public uint Flags;
}
