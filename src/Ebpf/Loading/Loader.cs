using System.Diagnostics;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;

namespace Ebpf.Loading;

/// <summary>
/// One run over a snapshot: Prepare (externs, the choice of maps, linking, maps), LoadPrograms (the selected ones), Finish (contents and pins).
/// All or nothing: whatever fails, everything that this run made is taken back. What was loaded before stays as it was.
/// </summary>
/// <remarks>
/// The stages and their order are bpf_object_load's in libbpf.c, so that the first error of several is the same one. They can be called one by one,
/// since the C ABI can stop after Prepare.
/// </remarks>
internal sealed partial class Loader : IDisposable
{
    private readonly ObjectSnapshot _object;
    private readonly IPlatform _platform;
    private readonly IPlatformLoad _load;
    private readonly LoadOptions _options;
    private readonly LoadState _state;
    private readonly LoadUndo _undo = new();
    private readonly bool[] _selected;
    private readonly bool[] _created;
    private readonly bool[] _made;
    private readonly bool[] _pinned;
    private readonly ProgramSpec?[] _linked;
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <param name="snapshot">The object.</param>
    /// <param name="platform">Where to.</param>
    /// <param name="options">How.</param>
    /// <param name="before">What is loaded already; it is not changed.</param>
    /// <param name="selected">Which programs to load, by position.</param>
    public Loader(ObjectSnapshot snapshot, IPlatform platform, LoadOptions options, LoadState before, bool[] selected)
    {
        _object = snapshot;
        _platform = platform;
        _load = platform.Begin(snapshot.Image);
        _options = options;
        _state = before.Copy();
        _selected = selected;
        _created = new bool[snapshot.Maps.Length];
        _made = new bool[snapshot.Maps.Length];
        _pinned = new bool[snapshot.Maps.Length];
        _linked = new ProgramSpec?[snapshot.Programs.Length];
    }

    /// <summary>What this run has made so far; it is complete after <see cref="Finish"/>.</summary>
    public LoadState State => _state;

    /// <summary>The selected programs as they will be loaded, by position; after <see cref="Prepare"/>.</summary>
    public IReadOnlyList<ProgramSpec?> Linked => _linked;

    /// <summary>Loads the selected programs and answers what is loaded now.</summary>
    public static LoadState Run(ObjectSnapshot snapshot, IPlatform platform, LoadOptions options, LoadState before, bool[] selected)
    {
        using var loader = new Loader(snapshot, platform, options, before, selected);
        loader.Prepare();
        loader.LoadPrograms();
        return loader.Finish();
    }

    /// <summary>The figures of a program that this run loaded.</summary>
    public ProgramFigures Figures(int program) => _state.Programs[program]!.Handle.Figures;

    /// <summary>Takes back what this run made, unless it finished.</summary>
    public void Dispose()
    {
        _undo.Dispose();
        _load.End();
    }

    private BpfException Refuse(Errno errno, string message, Exception? inner = null) => new($"{_object.Name}: {message}", errno, inner);
}
