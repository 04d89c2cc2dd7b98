namespace Ebpf.Runtime.Memory;

/// <summary>A region of machine code: written once, sealed read-execute, never opened again.</summary>
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private readonly NativeHeap _heap;
    private int _isFreed;

    private ExecutableMemory(NativeHeap heap, byte* address, int size, long mappedBytes)
    {
        _heap = heap;
        Address = address;
        Size = size;
        MappedBytes = mappedBytes;
    }

    ~ExecutableMemory() => Free();

    /// <summary>The first byte.</summary>
    public byte* Address { get; }

    /// <summary>Bytes of code.</summary>
    public int Size { get; }

    /// <summary>Bytes of whole pages.</summary>
    public long MappedBytes { get; }

    /// <summary>Makes a region of some code, which counts as memory of a heap.</summary>
    /// <exception cref="BpfException">EPERM: the system refuses executable memory; ENOMEM.</exception>
    public static ExecutableMemory Create(NativeHeap heap, ReadOnlySpan<byte> code, string purpose)
    {
        long mapped = (code.Length + Environment.SystemPageSize - 1) & -Environment.SystemPageSize;
        heap.Count(mapped, purpose);
        byte* address = null;
        try
        {
            address = Map((nuint)mapped);
            code.CopyTo(new Span<byte>(address, (int)mapped));
            // What lies behind the code must not be executed by accident.
            new Span<byte>(address + code.Length, (int)mapped - code.Length).Fill(Breakpoint);
            Seal(address, (nuint)mapped, code.Length);
        }
        catch
        {
            if (address != null)
                Unmap(address, (nuint)mapped);
            heap.Uncount(mapped);
            throw;
        }

        return new ExecutableMemory(heap, address, code.Length, mapped);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Free();
    }

    /// <summary>int3 of x86; no instruction of ARM either.</summary>
    private const byte Breakpoint = 0xcc;

    private void Free()
    {
        if (Interlocked.Exchange(ref _isFreed, 1) == 0)
        {
            Unmap(Address, (nuint)MappedBytes);
            _heap.Uncount(MappedBytes);
        }
    }

    private static byte* Map(nuint size) => OperatingSystem.IsWindows() ? Windows.Map(size) : Unix.Map(size);

    private static void Seal(byte* address, nuint size, int length)
    {
        if (OperatingSystem.IsWindows())
            Windows.Seal(address, size);
        else
            Unix.Seal(address, size);
        InstructionCache.Flush(address, length);
    }

    private static void Unmap(byte* address, nuint size)
    {
        if (OperatingSystem.IsWindows())
            Windows.Unmap(address);
        else
            Unix.Unmap(address, size);
    }

    private static BpfException Refused(string call, int error) => new(
        $"{call} gives no executable memory (error {error}): the system's policy may forbid it; the interpreter does not need any", Errno.EPERM);
}
