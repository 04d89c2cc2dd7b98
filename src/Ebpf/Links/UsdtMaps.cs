using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf;

/// <summary>The two maps in which programs of an object look up where arguments of tracepoints are, and which of their entries are taken.</summary>
/// <remarks>'struct usdt_manager' in libbpf's usdt.c; the maps are usdt.bpf.h's. Safe for concurrent use.</remarks>
internal sealed class UsdtMaps
{
    private const string SpecsName = "__bpf_usdt_specs", AddressesName = "__bpf_usdt_ip_to_spec_id";

    private readonly BpfMap _specs;
    private readonly BpfMap _addresses;
    private readonly Stack<int> _free = new();
    private int _next;

    private UsdtMaps(BpfMap specs, BpfMap addresses)
    {
        _specs = specs;
        _addresses = addresses;
    }

    /// <exception cref="BpfException">The object was not compiled with usdt.bpf.h.</exception>
    public static UsdtMaps Find(NamedList<BpfMap> maps)
    {
        if (!maps.TryGet(SpecsName, out BpfMap? specs) || !maps.TryGet(AddressesName, out BpfMap? addresses))
        {
            throw new BpfException($"the object has no maps '{SpecsName}' and '{AddressesName}', in which programs find arguments of tracepoints: include <bpf/usdt.bpf.h>", Errno.ESRCH);
        }

        return specs.KeySize == sizeof(int) && specs.ValueSize == UsdtSpec.Size && addresses.KeySize == sizeof(ulong) && addresses.ValueSize == sizeof(int)
            ? new UsdtMaps(specs, addresses)
            : throw new BpfException($"the maps '{SpecsName}' and '{AddressesName}' have other sizes than those of <bpf/usdt.bpf.h>", Errno.EINVAL);
    }

    /// <summary>Takes an entry and fills it.</summary>
    /// <exception cref="BpfException">All are taken.</exception>
    public int Add(ReadOnlySpan<UsdtArgument> arguments, ulong cookie)
    {
        int id;
        lock (_free)
        {
            if (!_free.TryPop(out id))
            {
                id = _next < _specs.MaxEntries
                    ? _next++
                    : throw new BpfException($"the map '{SpecsName}' is full with {_specs.MaxEntries} entries: define BPF_USDT_MAX_SPEC_CNT", Errno.E2BIG);
            }
        }

        Span<byte> spec = stackalloc byte[UsdtSpec.Size];
        UsdtSpec.Write(spec, arguments, cookie);
        _specs.Update(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in id)), spec);
        return id;
    }

    /// <summary>Gives an entry back.</summary>
    public void Remove(int id)
    {
        lock (_free)
        {
            _free.Push(id);
        }
    }

    /// <summary>Says which entry belongs to an address, for kernels that have no cookies.</summary>
    /// <exception cref="BpfException">Another tracepoint of the object is attached there.</exception>
    public void MapAddress(ulong address, int id) =>
        _addresses.Update(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in address)), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in id)), MapUpdateFlags.NoExist);

    public void UnmapAddress(ulong address) => _addresses.TryDelete(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in address)));
}
