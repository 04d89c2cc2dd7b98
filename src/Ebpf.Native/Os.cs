using System.Runtime.InteropServices;

namespace Ebpf.Native;

/// <summary>Functions of libc that this library needs beside those of the Linux platform.</summary>
internal static unsafe partial class Os
{
    // include/uapi/linux/fcntl.h.
    public const int DuplicateCloseOnExec = 1030;
    public const int ProtectionRead = 1;
    public const int ProtectionReadWrite = 3;
    public const int MapShared = 1;
    public const int MapFixed = 0x10;
    public const int MapSharedAnonymous = 0x21;
    public const long PageSize = 4096;

    // include/uapi/linux/magic.h.
    public const long BpfFileSystem = 0xcafe4a11;

    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    private static partial int FileStatus(int fd, FileStatusRecord* status);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true)]
    private static partial int FileSystemStatus(byte* path, FileSystemRecord* status);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    public static partial int MakeDirectory(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(void* address, nuint length, int protection);

    /// <summary>What tells an open file from all others: the device and inode; null where the descriptor is not open.</summary>
    public static (ulong Device, ulong Inode)? Identity(int fd)
    {
        FileStatusRecord status;
        return FileStatus(fd, &status) == 0 ? (status.Device, status.Inode) : null;
    }

    /// <summary>The magic number of a path's file system, or a negative errno.</summary>
    public static long FileSystem(byte* path)
    {
        FileSystemRecord status;
        return FileSystemStatus(path, &status) == 0 ? (long)status.Type & 0xffffffff : -Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    private static partial int MemoryFile(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, void* bytes, nuint count);

    /// <summary>A descriptor that stands for nothing: what a map has that is not created.</summary>
    public static int Placeholder() => MemoryFile(Text.Static("libbpf-placeholder-fd"), 1);

    /// <summary>The beginning of struct stat, the same on x64 and arm64.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct FileStatusRecord
    {
        public ulong Device;
        public ulong Inode;
    }

    /// <summary>The beginning of struct statfs.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct FileSystemRecord
    {
        public ulong Type;
    }
}
