using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Platforms.Windows;

/// <summary>Windows' kernel, by eBPF for Windows' ebpfapi.dll.</summary>
internal sealed unsafe class WindowsPlatform : IPlatform
{
    public string Name => "windows";

    public bool HasHostHooks => false;

    public bool VerifiesHere => false;

    public int Processors
    {
        get
        {
            EbpfApi.Require();
            return EbpfApi.PossibleCpus();
        }
    }

    public bool Takes(Dialect dialect) => dialect == Dialect.Windows;

    public long EstimateBytes(MapSpec map) => MapEstimate.Bytes(map, Processors);

    public IPlatformLoad Begin(ObjectImage image)
    {
        // An object of another dialect is refused for that, wherever it is.
        if (Takes(image.Dialect))
        {
            EbpfApi.Require();
        }

        return new WindowsLoad();
    }

    public IMapHandle? OpenPinned(string path)
    {
        EbpfApi.Require();
        fixed (byte* text = Text(path))
        {
            int fd = EbpfApi.OpenPinned(text);
            Errno errno = WindowsErrno.From(fd);
            if (errno == Errno.ENOENT)
            {
                return null;
            }

            return errno == Errno.None ? Open(new WindowsFd(fd), path) : throw new BpfException($"{path} cannot be opened: {errno}", errno);
        }
    }

    public void Pin(string path, IMapHandle map)
    {
        fixed (byte* text = Text(path))
        {
            Errno errno = WindowsErrno.From(EbpfApi.Pin(map.Fd!.Value, text));
            if (errno != Errno.None)
            {
                throw new BpfException($"map '{map.Spec.Name}' cannot be pinned at {path}: {errno}", errno);
            }
        }
    }

    public bool Unpin(string path)
    {
        EbpfApi.Require();
        fixed (byte* text = Text(path))
        {
            Errno errno = WindowsErrno.FromResult(EbpfApi.Unpin(text));
            return errno is Errno.None or Errno.ENOENT ? errno == Errno.None : throw new BpfException($"{path} cannot be unpinned: {errno}", errno);
        }
    }

    /// <summary>UTF-8 that ends with zero.</summary>
    internal static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>A handle to a map that exists already; the descriptor is the handle's.</summary>
    internal static WindowsMapHandle Open(WindowsFd fd, string what)
    {
        MapInfo info = default;
        uint size = (uint)sizeof(MapInfo);
        Errno errno = WindowsErrno.From(EbpfApi.Info(fd.Number, &info, &size));
        if (errno != Errno.None)
        {
            fd.Dispose();
            throw new BpfException($"{what}: the system does not tell what map it is: {errno}", errno);
        }

        var spec = new MapSpec
        {
            Name = Marshal.PtrToStringUTF8((nint)info.Name) ?? "",
            Type = MapTypeTable.From(Dialect.Windows, info.Type) ?? MapType.Unspec,
            KeySize = info.KeySize,
            ValueSize = info.ValueSize,
            MaxEntries = info.MaxEntries,
            Flags = (MapFlags)info.Flags,
            Dialect = Dialect.Windows,
        };
        return new WindowsMapHandle(spec, fd);
    }

    /// <summary>'struct bpf_map_info' of include/ebpf_structs.h: names of 64 characters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MapInfo
    {
        public uint Id;
        public int Type;
        public uint KeySize, ValueSize, MaxEntries;
        public fixed byte Name[64];
        public uint Flags, InnerMapId, PinnedPaths;
    }
}
