using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native.Embedded;

/// <summary>
/// What the descriptors of the embedded platform stand for. Each is an open file of its own; what a client has may be a copy, so things are found by the
/// file, not by the number, and a number that the client closed and got again for something else is not mistaken.
/// </summary>
/// <remarks>
/// What an object owns goes with the object, as the kernel's goes with the last descriptor: a client's copy keeps it. What was made for the client alone
/// (bpf_map_create) cannot be seen to be closed; now and then is looked which files are still open.
/// </remarks>
internal static class DescriptorTable
{
    private const int FirstSweep = 64;

    private static readonly Lock s_gate = new();
    private static readonly Dictionary<(ulong, ulong), Entry> s_entries = [];
    private static int s_givenCount;
    private static int s_nextSweep = FirstSweep;
    private static uint s_lastId;

    /// <summary>Notes what a descriptor stands for that its owner will unregister.</summary>
    public static void Register(int fd, IDisposable handle) => Add(fd, handle, isGiven: false);

    /// <summary>The owner is done with a thing: it goes, unless the client has a descriptor of its own for it.</summary>
    public static void Unregister(int fd, IDisposable handle, OpenFiles? openFiles = null)
    {
        if (Os.Identity(fd) is not { } file)
        {
            handle.Dispose();
            return;
        }

        lock (s_gate)
        {
            if (s_entries.TryGetValue(file, out Entry? entry) && (openFiles ?? new OpenFiles()).Count(file) > 1)
            {
                entry.IsGiven = true;
                s_givenCount++;
                return;
            }

            s_entries.Remove(file);
        }

        handle.Dispose();
    }

    /// <summary>A descriptor for the client, who closes it; the thing goes with the last one.</summary>
    /// <returns>The descriptor, or a negative errno: then the thing is gone.</returns>
    public static int Give(int? fd, IDisposable handle)
    {
        int copy = fd is { } number ? LibC.Control(number, Os.DuplicateCloseOnExec, 3) : -1;
        if (copy < 0)
        {
            handle.Dispose();
            return -(int)Errno.ENOMEM;
        }

        Add(copy, handle, isGiven: true);
        return copy;
    }

    /// <summary>A further descriptor for a thing that is in the table.</summary>
    public static int Duplicate(int fd)
    {
        int copy = LibC.Control(fd, Os.DuplicateCloseOnExec, 3);
        return copy >= 0 ? copy : -(int)LibC.LastError;
    }

    /// <summary>What a descriptor stands for; null where it is not open or not ours, or is something else.</summary>
    public static T? Find<T>(int fd) where T : class => FindEntry(fd)?.Handle as T;

    public static uint IdOf(int fd) => FindEntry(fd)?.Id ?? 0;

    /// <summary>Whether the descriptor is open at all.</summary>
    public static bool IsOpen(int fd) => Os.Identity(fd) is not null;

    /// <summary>The lowest id above the given one of the things of a kind; 0 after the last.</summary>
    public static uint NextId<T>(uint after)
    {
        lock (s_gate)
        {
            return s_entries.Values.Where(e => e.Handle is T && e.Id > after).Select(static e => e.Id).DefaultIfEmpty().Min();
        }
    }

    /// <summary>A descriptor of the thing with that id, not for the client.</summary>
    public static T? ById<T>(uint id) where T : class
    {
        lock (s_gate)
        {
            return s_entries.Values.FirstOrDefault(e => e.Id == id && e.Handle is T)?.Handle as T;
        }
    }

    public static OpenFiles OpenFiles() => new();

    private static Entry? FindEntry(int fd)
    {
        if (Os.Identity(fd) is not { } file)
        {
            return null;
        }

        lock (s_gate)
        {
            return s_entries.GetValueOrDefault(file);
        }
    }

    private static void Add(int fd, IDisposable handle, bool isGiven)
    {
        (ulong, ulong) file = Os.Identity(fd) ?? throw new BpfException($"descriptor {fd} is not open", Errno.EBADF);
        List<IDisposable>? gone = null;
        lock (s_gate)
        {
            if (isGiven && ++s_givenCount >= s_nextSweep)
            {
                gone = Sweep();
            }

            s_entries[file] = new Entry(handle, ++s_lastId) { IsGiven = isGiven };
        }

        gone?.ForEach(static handle => handle.Dispose());
    }

    /// <summary>Removes what only this table holds.</summary>
    private static List<IDisposable> Sweep()
    {
        var open = new OpenFiles();
        var gone = new List<IDisposable>();
        foreach (((ulong, ulong) file, Entry entry) in s_entries.ToArray())
        {
            // The thing's own descriptor is one.
            if (entry.IsGiven && open.Count(file) <= 1)
            {
                s_entries.Remove(file);
                gone.Add(entry.Handle);
                s_givenCount--;
            }
        }

        s_nextSweep = Math.Max(FirstSweep, 2 * s_givenCount);
        return gone;
    }

    private sealed class Entry(IDisposable handle, uint id)
    {
        public IDisposable Handle { get; } = handle;

        public uint Id { get; } = id;

        public bool IsGiven { get; set; }
    }
}
