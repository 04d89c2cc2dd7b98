using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux;

/// <summary>The running Linux kernel, by bpf(2) alone.</summary>
/// <remarks>Nothing is asked of the kernel before it is needed: an object of one map and no program is two system calls (its types, the map).</remarks>
internal sealed class LinuxPlatform : IPlatform
{
    public string Name => "linux";

    public bool HasHostHooks => false;

    public bool VerifiesHere => false;

    public int Processors => PossibleCpus.Count;

    public bool Takes(Dialect dialect) => dialect == Dialect.Linux;

    public long EstimateBytes(MapSpec map) => MapEstimate.Bytes(map, Processors);

    public IPlatformLoad Begin(ObjectImage image)
    {
        RequireLinux();
        return new LinuxLoad(image);
    }

    /// <exception cref="BpfNotSupportedException">This is another system.</exception>
    public static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new BpfNotSupportedException("a Linux kernel", "Linux", "Linux itself; on other systems use Platform.Embedded");
        }
    }

    /// <summary>Opens an object by its id.</summary>
    /// <exception cref="BpfException">There is none, or it may not be opened.</exception>
    public static FileDescriptor OpenById(BpfObjectKind kind, uint id)
    {
        RequireLinux();
        string what = kind.ToString().ToLowerInvariant();
        return Bpf.OpenById(kind, id, out FileDescriptor? descriptor) switch
        {
            Errno.None => descriptor!,
            Errno.ENOENT => throw new BpfException($"there is no {what} {id}", Errno.ENOENT),
            Errno.EPERM => throw new BpfException($"{what} {id} cannot be opened: it takes root or CAP_SYS_ADMIN", Errno.EPERM),
            Errno errno => throw new BpfException($"{what} {id} cannot be opened: {errno}", errno),
        };
    }

    public IMapHandle? OpenPinned(string path)
    {
        RequireLinux();
        FileDescriptor? descriptor = Bpffs.Open(path);
        if (descriptor is null)
        {
            return null;
        }

        try
        {
            return LinuxMapHandle.Open(descriptor);
        }
        catch (BpfException e)
        {
            throw new BpfException($"{path}: {e.Message}", e.Errno, e);
        }
    }

    public void Pin(string path, IMapHandle map)
    {
        using FileDescriptor.Lease lease = ((LinuxMapHandle)map).Descriptor.Use();
        Bpffs.Pin(path, lease.Number, $"map '{map.Spec.Name}'");
    }

    public bool Unpin(string path) => Bpffs.Unpin(path);
}
