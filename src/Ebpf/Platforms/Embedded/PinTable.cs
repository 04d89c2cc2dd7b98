namespace Ebpf.Platforms.Embedded;

/// <summary>Maps that outlive their objects under a path: what bpffs is to the kernel, for as long as the process lives.</summary>
internal sealed class PinTable : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IMapHandle> _maps = new(StringComparer.Ordinal);

    public IMapHandle? Open(string path)
    {
        lock (_gate)
        {
            return _maps.TryGetValue(path, out IMapHandle? map) ? map.Share() : null;
        }
    }

    public void Add(string path, IMapHandle map)
    {
        lock (_gate)
        {
            if (_maps.ContainsKey(path))
            {
                throw new BpfException($"map '{map.Spec.Name}' cannot be pinned at {path}: something is pinned there already", Errno.EEXIST);
            }

            _maps.Add(path, map.Share());
        }
    }

    public bool Remove(string path)
    {
        lock (_gate)
        {
            if (!_maps.Remove(path, out IMapHandle? map))
            {
                return false;
            }

            map.Dispose();
            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (IMapHandle map in _maps.Values)
            {
                map.Dispose();
            }

            _maps.Clear();
        }
    }
}
