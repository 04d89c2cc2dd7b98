using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Tests.Maps;

/// <summary>Calls of maps as tests like to write them: unmanaged keys and values, programs' calls on slot 0 unless said otherwise.</summary>
internal static unsafe class MapCalls
{
    public const int EPERM = -1, ENOENT = -2, E2BIG = -7, EBADF = -9, EAGAIN = -11, ENOMEM = -12, EBUSY = -16, EEXIST = -17, EINVAL = -22, ENOSPC = -28, EOPNOTSUPP = -95, EOVERFLOW = -75, ENODATA = -61, ENOTSUPP = -524;

    public static T* Find<T, TKey>(this EmbeddedMap map, TKey key, int slot = 0)
        where T : unmanaged
        where TKey : unmanaged => (T*)map.Lookup((byte*)&key, slot);

    public static int Put<TKey, T>(this EmbeddedMap map, TKey key, T value, ulong flags = 0, int slot = 0)
        where T : unmanaged
        where TKey : unmanaged => map.Update((byte*)&key, (byte*)&value, flags, slot);

    public static int Remove<TKey>(this EmbeddedMap map, TKey key)
        where TKey : unmanaged => map.Delete((byte*)&key, 0);

    public static int HostPut<TKey, T>(this EmbeddedMap map, TKey key, T value, ulong flags = 0)
        where T : unmanaged
        where TKey : unmanaged => map.HostUpdate(new ReadOnlySpan<byte>(&key, sizeof(TKey)), new ReadOnlySpan<byte>(&value, sizeof(T)), flags);

    public static int HostGet<TKey, T>(this EmbeddedMap map, TKey key, out T value, ulong flags = 0)
        where T : unmanaged
        where TKey : unmanaged
    {
        T copy = default;
        int result = map.HostLookup(new ReadOnlySpan<byte>(&key, sizeof(TKey)), new Span<byte>(&copy, sizeof(T)), flags);
        value = copy;
        return result;
    }

    public static int HostTake<TKey, T>(this EmbeddedMap map, TKey key, out T value, ulong flags = 0)
        where T : unmanaged
        where TKey : unmanaged
    {
        T copy = default;
        int result = map.HostLookupAndDelete(new ReadOnlySpan<byte>(&key, sizeof(TKey)), new Span<byte>(&copy, sizeof(T)), flags);
        value = copy;
        return result;
    }

    public static int HostRemove<TKey>(this EmbeddedMap map, TKey key)
        where TKey : unmanaged => map.HostDelete(new ReadOnlySpan<byte>(&key, sizeof(TKey)));

    public static int HostNext<TKey>(this EmbeddedMap map, TKey? key, out TKey next)
        where TKey : unmanaged
    {
        TKey from = key.GetValueOrDefault(), to = default;
        int result = map.HostNextKey(new ReadOnlySpan<byte>(&from, key.HasValue ? sizeof(TKey) : 0), new Span<byte>(&to, sizeof(TKey)));
        next = to;
        return result;
    }

    public static List<TKey> Keys<TKey>(this EmbeddedMap map)
        where TKey : unmanaged
    {
        List<TKey> keys = [];
        TKey? last = null;
        while (map.HostNext(last, out TKey next) == 0)
        {
            keys.Add(next);
            last = next;
        }

        return keys;
    }
}
