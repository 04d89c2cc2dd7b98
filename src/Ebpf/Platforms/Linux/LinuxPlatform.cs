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
        if (!OperatingSystem.IsLinux())
        {
            throw new BpfNotSupportedException("loading into a Linux kernel", "Linux", "Linux itself; on other systems use Platform.Embedded");
        }

        return new LinuxLoad(image);
    }

    public IMapHandle? OpenPinned(string path)
    {
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
