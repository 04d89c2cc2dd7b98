using Ebpf.Runtime.Maps;

namespace Ebpf.Runtime.Helpers;

/// <summary>Values that belong to a socket, a task, an inode or a cgroup of the run.</summary>
/// <remarks>kernel/bpf/bpf_{task,inode,cgrp}_storage.c, net/core/bpf_sk_storage.c, kernel/bpf/cgroup.c.</remarks>
internal static unsafe class StorageHelpers
{
    /// <summary>bpf_sk_storage_get(map, object, value, flags) and its like.</summary>
    internal static ulong Get(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!TryStorage(run, r1, out LocalStorageMap storage) || (r3 != 0 && !run.CanRead(r3, storage.Spec.ValueSize)))
            return 0;
        if (!TryObject(run, r2, out uint id))
            return 0;
        byte* value = storage.Get(id, (byte*)r3, r4);
        if (value != null && run.IsChecking)
            run.Memory.GrantValue(storage, value);
        return (ulong)value;
    }

    /// <summary>bpf_sk_storage_delete(map, object) and its like.</summary>
    internal static ulong Delete(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!TryStorage(run, r1, out LocalStorageMap storage))
            return 0;
        return TryObject(run, r2, out uint id) ? Run.Result(storage.Remove(id)) : Run.Result(Errno.EINVAL);
    }

    /// <summary>bpf_get_local_storage(map, flags): the value of the run's cgroup.</summary>
    internal static ulong OfCgroup(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.TryMap(r1, out EmbeddedMap map))
            return 0;
        if (map is not CgroupStorageMap storage)
        {
            run.Stop($"map '{map.Spec.Name}' is no cgroup storage");
            return 0;
        }

        byte* value = storage.Get(run.CgroupId, run.Program.Spec.AttachType, run.Cpu);
        if (value == null)
        {
            // The verifier took it for granted: the kernel has the value before the program is attached.
            run.Stop(new BpfException($"map '{map.Spec.Name}': there is no memory for the storage of another cgroup", Errno.ENOMEM));
            return 0;
        }

        if (run.IsChecking)
            run.Memory.GrantValue(map, value);
        return (ulong)value;
    }

    private static bool TryStorage(Run run, ulong address, out LocalStorageMap storage)
    {
        storage = null!;
        if (!run.TryMap(address, out EmbeddedMap map))
            return false;
        if (map is LocalStorageMap found)
        {
            storage = found;
            return true;
        }

        run.Stop($"map '{map.Spec.Name}' is no local storage");
        return false;
    }

    // A program for cgroups' sockets gives its context for the socket that it is about.
    private static bool TryObject(Run run, ulong address, out uint id)
    {
        id = run.SocketId;
        return (address == (ulong)run.Context && run.Program.Spec.Type == ProgramType.CgroupSock) || run.TryObject(address, out id);
    }
}
