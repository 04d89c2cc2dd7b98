using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ebpf.Bytecode.Btf;

/// <summary>A file below /sys/kernel/btf, mapped into memory. It stays mapped for the life of the process, so that spans into it stay valid.</summary>
internal sealed unsafe partial class MappedMemory : MemoryManager<byte>
{
    private const int ProtectionRead = 1, MapPrivate = 2;

    private readonly byte* _start;
    private readonly int _length;

    private MappedMemory(byte* start, int length)
    {
        _start = start;
        _length = length;
    }

    /// <summary>Maps a file; empty where the kernel does not allow it, as kernels before 6.16 do not.</summary>
    public static ReadOnlyMemory<byte> TryMap(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            long length = RandomAccess.GetLength(file);
            if (length is <= 0 or > int.MaxValue)
                return default;

            // The kernel wants a private mapping, which System.IO.MemoryMappedFiles makes only together with the right to write.
            nint start = Map(0, (nuint)length, ProtectionRead, MapPrivate, file, 0);
            return start == -1 ? default : new MappedMemory((byte*)start, (int)length).Memory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or EntryPointNotFoundException)
        {
            return default;
        }
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);
}
