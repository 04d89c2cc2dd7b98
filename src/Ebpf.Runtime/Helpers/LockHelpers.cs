namespace Ebpf.Runtime.Helpers;

/// <summary>Spin locks in map values.</summary>
internal static unsafe class LockHelpers
{
    /// <summary>bpf_spin_lock(lock).</summary>
    internal static ulong Lock(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (!run.CanWrite(r1, 4))
            return 0;
        if (run.HeldLock != 0 || (r1 & 3) != 0)
        {
            run.Stop(run.HeldLock != 0 ? "a second spin lock is taken while one is held" : $"a spin lock at 0x{r1:x}, which is not aligned to 4");
            return 0;
        }

        run.TakeLock(r1);
        return 0;
    }

    /// <summary>bpf_spin_unlock(lock).</summary>
    internal static ulong Unlock(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, Run run)
    {
        if (run.HeldLock != r1)
            run.Stop($"the spin lock at 0x{r1:x} is released, but not held");
        else
            run.ReleaseLock();
        return 0;
    }
}
