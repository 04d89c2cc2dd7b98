using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Platforms.Windows;

/// <summary>A map in Windows' kernel.</summary>
internal sealed unsafe class WindowsMapHandle : IMapHandle
{
    private readonly WindowsFd _fd;

    public WindowsMapHandle(MapSpec spec, WindowsFd fd)
    {
        Spec = spec;
        _fd = fd;
        HostValueSize = spec.Type switch
        {
            MapType.PerCpuArray or MapType.PerCpuHash or MapType.LruPerCpuHash => checked((int)((spec.ValueSize + 7) & ~7u) * EbpfApi.PossibleCpus()),
            MapType.ArrayOfMaps or MapType.HashOfMaps or MapType.ProgArray => sizeof(uint),
            _ => checked((int)spec.ValueSize),
        };
    }

    public MapSpec Spec { get; }

    public int? Fd => _fd.Number;

    /// <summary>The system does not tell.</summary>
    public long MemoryBytes => 0;

    public int HostValueSize { get; }

    public IRingConsumer? Ring => null;

    public IMapHandle Share() => new WindowsMapHandle(Spec, WindowsFd.Duplicate(_fd.Number, $"map '{Spec.Name}'"));

    public Errno Lookup(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags)
    {
        if (flags != MapLookupFlags.None)
        {
            return Errno.EINVAL;
        }

        fixed (byte* k = key, v = value)
        {
            return WindowsErrno.From(EbpfApi.Lookup(_fd.Number, k, v));
        }
    }

    public Errno Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags)
    {
        fixed (byte* k = key, v = value)
        {
            return WindowsErrno.From(EbpfApi.Update(_fd.Number, k, v, (ulong)flags));
        }
    }

    public Errno Update(ReadOnlySpan<byte> key, IProgramHandle program) => UpdateFd(key, program.Fd);

    public Errno Update(ReadOnlySpan<byte> key, IMapHandle inner) => UpdateFd(key, inner.Fd);

    public Errno Delete(ReadOnlySpan<byte> key)
    {
        fixed (byte* k = key)
        {
            return WindowsErrno.From(EbpfApi.Delete(_fd.Number, k));
        }
    }

    public Errno LookupAndDelete(ReadOnlySpan<byte> key, Span<byte> value, MapLookupFlags flags)
    {
        if (flags != MapLookupFlags.None)
        {
            return Errno.EINVAL;
        }

        fixed (byte* k = key, v = value)
        {
            return WindowsErrno.From(EbpfApi.LookupAndDelete(_fd.Number, k, v));
        }
    }

    public Errno NextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        fixed (byte* k = key, n = next)
        {
            return WindowsErrno.From(EbpfApi.NextKey(_fd.Number, k, n));
        }
    }

    /// <summary>There is no such operation: constant data is only constant for programs.</summary>
    public Errno Freeze() => Errno.EOPNOTSUPP;

    public Errno ReadData(int offset, Span<byte> bytes)
    {
        byte[] whole = new byte[HostValueSize];
        Errno errno = Lookup(BpfMap.Key(0), whole, MapLookupFlags.None);
        if (errno == Errno.None)
        {
            whole.AsSpan(offset, bytes.Length).CopyTo(bytes);
        }

        return errno;
    }

    public Errno WriteData(int offset, ReadOnlySpan<byte> bytes)
    {
        byte[] whole = new byte[HostValueSize];
        Errno errno = Lookup(BpfMap.Key(0), whole, MapLookupFlags.None);
        if (errno != Errno.None)
        {
            return errno;
        }

        bytes.CopyTo(whole.AsSpan(offset));
        return Update(BpfMap.Key(0), whole, MapUpdateFlags.Any);
    }

    public void Dispose() => _fd.Dispose();

    private Errno UpdateFd(ReadOnlySpan<byte> key, int? fd) =>
        fd is { } number ? Update(key, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)), MapUpdateFlags.Any) : Errno.EBADF;
}
