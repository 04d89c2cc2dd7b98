using System.Diagnostics;

namespace Ebpf.Tool.Verdicts;

/// <summary>
/// Verifies programs of one or many objects, several at a time. Each worker opens objects for itself, so that workers share nothing; the answers come in the
/// order of files and programs, however many workers there are.
/// </summary>
internal sealed class VerifyRun
{
    private static readonly TimeSpan ProgressAfter = TimeSpan.FromSeconds(1), ProgressEvery = TimeSpan.FromMilliseconds(200);

    private readonly List<(int File, string Program)> _items = [];
    private readonly List<ObjectVerdicts> _files = [];
    private readonly Func<string, BpfObject> _open;
    private readonly Platform _platform;
    private readonly Func<Func<BpfObject, LoadOptions>> _options;
    private ProgramVerdict?[] _verdicts = [];
    private int _next, _done;

    /// <param name="open">Opens an object, with the programs that are wanted switched on.</param>
    /// <param name="platform">Whose verifier.</param>
    /// <param name="options">Makes the options for one worker.</param>
    public VerifyRun(Func<string, BpfObject> open, Platform platform, Func<Func<BpfObject, LoadOptions>> options)
    {
        _open = open;
        _platform = platform;
        _options = options;
    }

    /// <summary>The objects, in order, each with its verdicts once <see cref="Execute"/> has returned.</summary>
    public IReadOnlyList<ObjectVerdicts> Files => _files;

    /// <summary>Adds the programs of a file that are wanted; where it cannot be opened, that is noted.</summary>
    public void Add(string file, VerdictFilter filter)
    {
        try
        {
            BpfObject obj = _open(file);
            string[] wanted = [.. obj.Programs.Where(p => p.AutoLoad && filter.Wants(file, p.Name)).Select(static p => p.Name)];
            foreach (string program in wanted)
                _items.Add((_files.Count, program));
            _files.Add(new ObjectVerdicts(file) { Dialect = obj.Dialect, LeftOut = obj.Programs.Count(static p => !p.AutoLoad) });
        }
        catch (Exception e) when (e is BpfException or IOException or UnauthorizedAccessException)
        {
            _files.Add(new ObjectVerdicts(file) { Error = e });
        }
    }

    /// <summary>Verifies.</summary>
    /// <param name="workers">How many at a time.</param>
    /// <param name="progress">Where progress is shown when it takes long; null for nowhere.</param>
    public void Execute(int workers, TextWriter? progress)
    {
        _verdicts = new ProgramVerdict?[_items.Count];
        var failures = new Exception?[Math.Clamp(workers, 1, Math.Max(1, _items.Count))];
        var threads = new Thread[failures.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i;
            // Deep types and expressions of hostile objects are walked recursively.
            threads[i] = new Thread(() => failures[worker] = Work(), maxStackSize: 16 << 20);
            threads[i].Start();
        }

        Watch(threads, progress);
        if (failures.FirstOrDefault(static f => f is not null) is { } failure)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        for (int i = 0; i < _items.Count; i++)
        {
            if (_verdicts[i] is { } verdict)
                _files[_items[i].File].Verdicts.Add(verdict);
        }
    }

    private Exception? Work()
    {
        try
        {
            Func<BpfObject, LoadOptions> options = _options();
            int opened = -1;
            BpfObject? obj = null;
            for (int item = Interlocked.Increment(ref _next) - 1; item < _items.Count; item = Interlocked.Increment(ref _next) - 1)
            {
                (int file, string program) = _items[item];
                if (file != opened)
                    obj = _open(_files[file].File);
                opened = file;
                foreach (BpfProgramSpec other in obj!.Programs)
                    other.AutoLoad = other.Name == program;
                try
                {
                    _verdicts[item] = obj.Verify(_platform, options(obj))[0];
                }
                catch (BpfException e)
                {
                    // The object as a whole cannot be loaded, whichever program is on.
                    _files[file].Error = e;
                }

                Interlocked.Increment(ref _done);
            }

            return null;
        }
        catch (Exception e)
        {
            // Handed to the thread that waits; the other workers find nothing more to do.
            Volatile.Write(ref _next, _items.Count);
            return e;
        }
    }

    private void Watch(Thread[] threads, TextWriter? progress)
    {
        long start = Stopwatch.GetTimestamp();
        bool shown = false;
        foreach (Thread thread in threads)
        {
            while (!thread.Join(ProgressEvery))
            {
                if (progress is null || Stopwatch.GetElapsedTime(start) < ProgressAfter)
                    continue;
                progress.Write($"\rverified {Volatile.Read(ref _done):N0} of {_items.Count:N0} programs ");
                shown = true;
            }
        }

        if (shown)
            progress!.Write("\r" + new string(' ', 50) + "\r");
    }
}

/// <summary>The verdicts on one object's programs.</summary>
internal sealed class ObjectVerdicts(string file)
{
    public string File => file;

    public Dialect Dialect { get; init; }

    /// <summary>Programs that start off and that nobody asked for.</summary>
    public int LeftOut { get; init; }

    /// <summary>Why it could not be opened, or cannot be loaded whatever is on; null where it can.</summary>
    public Exception? Error { get; set; }

    public List<ProgramVerdict> Verdicts { get; } = [];
}
