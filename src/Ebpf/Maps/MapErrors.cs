namespace Ebpf;

/// <summary>What an error number of a map operation means for that map, in words.</summary>
internal static class MapErrors
{
    internal static string Describe(Errno errno, BpfMap map) => errno switch
    {
        Errno.ENOENT when map.KeySize == 0 => "it is empty",
        Errno.ENOENT => "there is no such key",
        Errno.EEXIST => "the key is there already",
        Errno.E2BIG when map.KeySize == 0 => "it is full",
        Errno.E2BIG => $"it is full, or the key is beyond its {map.MaxEntries} entries",
        Errno.EPERM => "it is frozen, or its flags forbid this",
        Errno.EINVAL => $"a map of type {map.Type} does not take this operation with these arguments",
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => $"a map of type {map.Type} does not have this operation",
        Errno.EBADF => "what is put into it is no program or map that fits",
        Errno.ENOMEM => "there is no memory for another element",
        Errno.EBUSY => "it is busy",
        _ => errno.ToString(),
    };
}
