using Ebpf.Platforms.Linux.Features;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>Makes of an error number what a user can act on.</summary>
internal static class AttachFailure
{
    /// <param name="hook">Where to.</param>
    /// <param name="errno">The kernel's answer.</param>
    /// <param name="since">The first kernel that can.</param>
    /// <param name="says">The kernel's own words, or what is known of this place; null for what the number means in general.</param>
    public static BpfException Make(string hook, Errno errno, Version since, string? says = null)
    {
        // What an old kernel answers differs: EINVAL for a command or attach type that it does not know, ENOTSUPP and EOPNOTSUPP for its own limits.
        if (errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOTSUPP or Errno.ENOSYS && KernelVersion.Running < KernelVersion.Number(since.Major, since.Minor, 0))
        {
            return new BpfNotSupportedException($"attaching to {hook}", "linux", $"Linux {since.Major}.{since.Minor}, and this is {KernelVersion.Running >> 16}.{(KernelVersion.Running >> 8) & 255}", errno);
        }

        return new BpfException($"attaching to {hook} failed: {(string.IsNullOrEmpty(says) ? Meaning(errno) : $"{says} ({errno})")}", errno);
    }

    private static string Meaning(Errno errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES => $"the kernel does not permit it ({errno}): it takes root, or CAP_BPF with CAP_NET_ADMIN or CAP_PERFMON",
        Errno.EINVAL => "the kernel refuses the combination (EINVAL): check the program's type and attach type",
        Errno.ENOENT => "there is no such thing (ENOENT)",
        Errno.ESRCH => "there is no such function or process (ESRCH)",
        Errno.EBUSY => "something is attached there that does not share (EBUSY)",
        Errno.EEXIST => "it is attached there already (EEXIST)",
        Errno.ENODEV => "there is no such interface (ENODEV)",
        Errno.EOPNOTSUPP or Errno.ENOTSUPP => $"this place, or this kernel's configuration, cannot do it ({errno})",
        Errno.E2BIG => "too many are attached there (E2BIG)",
        _ => errno.ToString(),
    };
}
