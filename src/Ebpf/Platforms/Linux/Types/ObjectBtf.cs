using System.Text;
using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Types;

/// <summary>Gives the kernel an object's types (BPF_BTF_LOAD; since Linux 4.18).</summary>
internal static unsafe class ObjectBtf
{
    private const int LogSize = 1 << 20;

    /// <summary>Loads the types of an object; null where it has none. Kinds that the kernel does not know are replaced when it refuses the whole.</summary>
    /// <exception cref="BpfException">The kernel refuses them all the same.</exception>
    public static FileDescriptor? Load(ObjectImage image)
    {
        if (KernelTypeInfo.Of(image, BtfAbilities.All) is not { } bytes)
        {
            return null;
        }

        Errno errno = Load(bytes, null, out FileDescriptor? types);
        if (errno == Errno.None || (MemoryLock.RaisedFor(errno) && Load(bytes, null, out types) == Errno.None))
        {
            return types;
        }

        if (errno == Errno.EINVAL && BtfProbe.Abilities != BtfAbilities.All)
        {
            bytes = KernelTypeInfo.Of(image, BtfProbe.Abilities)!;
            errno = Load(bytes, null, out types);
            if (errno == Errno.None)
            {
                return types;
            }
        }

        byte[] log = new byte[LogSize];
        errno = Load(bytes, log, out types);
        if (errno == Errno.None)
        {
            return types;
        }

        string text = Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, log.AsSpan().IndexOf((byte)0)))).TrimEnd();
        string last = text[(text.LastIndexOf('\n') + 1)..];
        throw new BpfException($"the kernel refuses the type information of {image.FileName}: {errno}{(last.Length == 0 ? "" : $", \"{last}\"")}", errno);
    }

    private static Errno Load(byte[] bytes, byte[]? log, out FileDescriptor? types)
    {
        fixed (byte* start = bytes, logStart = log)
        {
            var attributes = new BtfLoadAttributes { Btf = start, BtfSize = (uint)bytes.Length, LogBuffer = logStart, LogSize = (uint)(log?.Length ?? 0), LogLevel = log is null ? 0u : 1 };
            return Bpf.LoadBtf(ref attributes, out types);
        }
    }
}
