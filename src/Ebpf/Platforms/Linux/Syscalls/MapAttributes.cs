using System.Runtime.InteropServices;

namespace Ebpf.Platforms.Linux.Syscalls;

/// <summary>BPF_MAP_CREATE.</summary>
/// <remarks>Anonymous struct of union bpf_attr in include/uapi/linux/bpf.h, as all attribute structs here: pointers are 64 bits wide, unused fields zero.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MapCreateAttributes
{
    public uint MapType;
    public uint KeySize;
    public uint ValueSize;
    public uint MaxEntries;
    public uint MapFlags;
    public int InnerMapFd;
    public uint NumaNode;
    public ObjectName MapName;
    public uint MapInterface;
    public int BtfFd;
    public uint BtfKeyTypeId;
    public uint BtfValueTypeId;
    public uint BtfVmlinuxValueTypeId;
    public ulong MapExtra;
    public int ValueTypeBtfObjectFd;
    public int MapTokenFd;
    public byte* ExclusiveProgramHash;
    public uint ExclusiveProgramHashSize;
    private readonly uint _padding;
}

/// <summary>BPF_MAP_LOOKUP_ELEM, UPDATE_ELEM, DELETE_ELEM, GET_NEXT_KEY, LOOKUP_AND_DELETE_ELEM and FREEZE.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MapElementAttributes
{
    public int MapFd;
    private readonly uint _padding;
    public void* Key;
    /// <summary>The value; the next key for BPF_MAP_GET_NEXT_KEY.</summary>
    public void* Value;
    public ulong Flags;
}

/// <summary>BPF_MAP_LOOKUP_BATCH, LOOKUP_AND_DELETE_BATCH, UPDATE_BATCH and DELETE_BATCH; since Linux 5.6.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MapBatchAttributes
{
    /// <summary>Where to go on; null to begin.</summary>
    public void* InBatch;
    /// <summary>Output: where the next batch begins, a key's size (4 bytes at the least).</summary>
    public void* OutBatch;
    public void* Keys;
    public void* Values;
    /// <summary>Input: elements that there is room for, or that are given. Output: how many were done, also on an error.</summary>
    public uint Count;
    public int MapFd;
    public ulong ElementFlags;
    public ulong Flags;
}
