using System.Globalization;
using System.Runtime.InteropServices;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Buffers;

/// <summary>The perf buffers of all CPUs that are online, in the slots of a PERF_EVENT_ARRAY.</summary>
/// <remarks>perf_buffer__new in libbpf.c.</remarks>
internal sealed class PerfBuffers : IPerfBuffers
{
    private const string OnlineFile = "/sys/devices/system/cpu/online";

    private readonly FileDescriptor _map;
    private readonly List<(int Cpu, IRingConsumer Ring)> _rings = [];

    private PerfBuffers(FileDescriptor map) => _map = map;

    public IReadOnlyList<(int Cpu, IRingConsumer Ring)> Rings => _rings;

    /// <summary>Opens a buffer of so many bytes for each CPU that the map has a slot for.</summary>
    /// <exception cref="BpfException">Not allowed, or too many.</exception>
    public static PerfBuffers Open(FileDescriptor map, uint maxEntries, int bytes, string name)
    {
        var buffers = new PerfBuffers(map.Duplicate());
        try
        {
            foreach (int cpu in OnlineCpus(File.ReadAllText(OnlineFile)))
            {
                if (cpu < maxEntries)
                {
                    buffers.Add(cpu, bytes, name);
                }
            }

            return buffers;
        }
        catch
        {
            buffers.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach ((int cpu, IRingConsumer ring) in _rings)
        {
            Bpf.Delete(_map.Number, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in cpu)));
            ((PerfConsumer)ring).Dispose();
        }

        _rings.Clear();
        _map.Dispose();
    }

    /// <summary>The numbers of a list such as "0-3,8".</summary>
    internal static IEnumerable<int> OnlineCpus(string list)
    {
        foreach (string range in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture), last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            for (int cpu = first; cpu <= last; cpu++)
            {
                yield return cpu;
            }
        }
    }

    private void Add(int cpu, int bytes, string name)
    {
        Errno errno = PerfConsumer.Open(cpu, bytes, out PerfConsumer? consumer);
        if (errno == Errno.ENODEV)
        {
            // It went offline meanwhile.
            return;
        }

        if (consumer is null)
        {
            string advice = errno == Errno.EPERM ? "; it takes CAP_PERFMON, and memory for the buffers within kernel.perf_event_mlock_kb" : "";
            throw new BpfException($"no perf buffer of {bytes} bytes for CPU {cpu} and map '{name}': {errno}{advice}", errno);
        }

        _rings.Add((cpu, consumer));
        int fd = consumer.Descriptor.Number;
        errno = Bpf.Update(_map.Number, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in cpu)), MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in fd)), 0);
        if (errno != Errno.None)
        {
            throw new BpfException($"map '{name}' takes no perf buffer for CPU {cpu}: {errno}", errno);
        }
    }
}
