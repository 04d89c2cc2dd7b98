using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>BPF_OBJ_PIN and BPF_OBJ_GET.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ObjectPathAttributes
{
    public byte* PathName;
    public int Fd;
    public uint FileFlags;
    public int PathFd;
    private readonly uint _padding;
}

/// <summary>BPF_{PROG,MAP,BTF,LINK}_GET_NEXT_ID and GET_FD_BY_ID.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ObjectIdAttributes
{
    /// <summary>The id; for GET_NEXT_ID the one to start after.</summary>
    public uint Id;
    public uint NextId;
    public uint OpenFlags;
    public int TokenFd;
}

/// <summary>BPF_OBJ_GET_INFO_BY_FD.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ObjectInfoAttributes
{
    public int Fd;
    public uint InfoLength;
    public void* Info;
}

/// <summary>BPF_BTF_LOAD.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BtfLoadAttributes
{
    public void* Btf;
    public byte* LogBuffer;
    public uint BtfSize;
    public uint LogSize;
    public uint LogLevel;
    public uint LogTrueSize;
    public uint Flags;
    public int TokenFd;
}

/// <summary>BPF_TASK_FD_QUERY.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TaskFdQueryAttributes
{
    public uint Pid;
    public uint Fd;
    public uint Flags;
    public uint BufferLength;
    public byte* Buffer;
    public uint ProgramId;
    public uint FdType;
    public ulong ProbeOffset;
    public ulong ProbeAddress;
}

/// <summary>BPF_ENABLE_STATS; since Linux 5.8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EnableStatsAttributes
{
    /// <summary>enum bpf_stats_type: 0, BPF_STATS_RUN_TIME, is the only one.</summary>
    public uint Type;
}

/// <summary>BPF_TOKEN_CREATE; since Linux 6.9.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TokenCreateAttributes
{
    public uint Flags;
    public int BpffsFd;
}
