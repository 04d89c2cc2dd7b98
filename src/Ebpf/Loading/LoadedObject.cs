using System.Collections.Immutable;
using Ebpf.Bytecode.Specs;
using Ebpf.Loading;
using Ebpf.Platforms;

namespace Ebpf;

/// <summary>A loaded object: its programs, maps, variables and links. Disposing it detaches and frees them. Safe for concurrent use.</summary>
public sealed partial class LoadedObject : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ObjectSnapshot _object;
    private readonly IPlatform _platform;
    private readonly LoadOptions _options;
    private volatile Contents _contents;
    private bool _isDisposed;

    internal LoadedObject(ObjectSnapshot snapshot, Platform platform, LoadOptions options)
    {
        _object = snapshot;
        _platform = platform.Implementation;
        _options = options;
        Platform = platform;
        bool[] selected = [.. snapshot.Programs.Select(static p => p.AutoLoad)];
        _contents = new Contents(this, Loader.Run(snapshot, _platform, options, LoadState.Empty(snapshot), selected), null);
    }

    /// <summary>The object's name.</summary>
    public string Name => _object.Name;

    /// <summary>Where it is loaded.</summary>
    public Platform Platform { get; }

    /// <summary>Whose headers it was compiled against.</summary>
    public Dialect Dialect => _object.Image.Dialect;

    /// <summary>The programs that are loaded, in the order of the file.</summary>
    public NamedList<BpfProgram> Programs => _contents.Programs;

    /// <summary>The maps that were created or reused, in the order of the file.</summary>
    public NamedList<BpfMap> Maps => _contents.Maps;

    /// <summary>The global variables in maps that were created.</summary>
    public NamedList<BpfVariable> Variables => _contents.Variables;

    /// <summary>What is loaded, what it cost, what is not and what that saved.</summary>
    public LoadReport Report => ReportOf(_contents.State);

    /// <summary>
    /// Loads a program that was off, against the maps that are there; creates those that only it uses and that were left out. Nothing changes if
    /// it fails. A slot of a PROG_ARRAY that names the program from the start gets it, if it is still empty.
    /// </summary>
    /// <exception cref="BpfException">There is no such program, or it cannot be loaded.</exception>
    public BpfProgram LoadProgram(string name)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (Programs.TryGet(name, out BpfProgram? loaded))
            {
                return loaded;
            }

            int index = IndexOf(name);
            var selected = new bool[_object.Programs.Length];
            selected[index] = true;
            LoadState state = Loader.Run(_object, _platform, _options, _contents.State, selected);
            _contents = new Contents(this, state, _contents);
            return _contents.Programs[name];
        }
    }

    /// <summary>Detaches every link, and frees programs and maps. A program that is running ends its run first.</summary>
    public void Dispose()
    {
        ImmutableArray<BpfLink> links;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            links = _links;
        }

        foreach (BpfLink link in links)
        {
            link.Dispose();
        }

        LoadState state = _contents.State;
        foreach (LoadedProgram? program in state.Programs)
        {
            program?.Handle.Dispose();
        }

        foreach (IMapHandle? map in state.Maps)
        {
            map?.Dispose();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} on {Platform}: {Programs.Count} programs, {Maps.Count} maps";

    private int IndexOf(string name)
    {
        foreach (ProgramPlan plan in _object.Programs)
        {
            if (plan.Name == name)
            {
                return plan.Index;
            }
        }

        throw new BpfException(NameHint.Missing("program", name, [.. _object.Programs.Select(static p => p.Name)]), Errno.ENOENT);
    }

    /// <summary>Why a name that the object has is not among what is loaded.</summary>
    private string? ExplainProgram(string name) => _object.Programs.Any(p => p.Name == name)
        ? $"program '{name}' is not loaded, because its AutoLoad was off: LoadProgram(\"{name}\") loads it now"
        : NameHint.Missing("program", name, [.. _object.Programs.Select(static p => p.Name)]);

    private string? ExplainMap(string name) => _object.Maps.FirstOrDefault(m => m.Name == name) is { } map
        ? $"map '{name}' is not created: {(map.AutoCreate ? "no loaded program uses it, and LoadOptions.UnusedMaps is Skip" : "its AutoCreate was off")}"
        : NameHint.Missing("map", name, [.. _object.Maps.Select(static m => m.Name)]);

    private LoadReport ReportOf(LoadState state) => new(
        _platform.Name,
        Dialect,
        [.. _object.Programs.Select(plan => ReportProgram(plan, state.Programs[plan.Index]))],
        [.. _object.Maps.Select(plan => ReportMap(plan, state.MapSpecs[plan.Index], state.Maps[plan.Index]))],
        state.LoadTime);

    private static ProgramReport ReportProgram(ProgramPlan plan, LoadedProgram? loaded)
    {
        var report = new ProgramReport
        {
            Name = plan.Name,
            SectionName = plan.Image.SectionName,
            Type = plan.Type,
            AutoLoad = plan.AutoLoad,
            IsLoaded = loaded is not null,
            InstructionCount = plan.Image.Instructions.Length,
        };
        if (loaded is null)
        {
            return report;
        }

        // A kernel is asked for them: once.
        ProgramFigures figures = loaded.Handle.Figures;
        return report with
        {
            Fd = loaded.Handle.Fd,
            LoadedInstructions = figures.Instructions,
            VerifiedInstructions = figures.VerifiedInstructions,
            VerifyTime = figures.VerifyTime,
            CompileTime = figures.CompileTime,
            MachineCodeBytes = figures.MachineCodeBytes,
            TranslatedBytes = figures.TranslatedBytes,
            MemoryBytes = figures.MemoryBytes,
        };
    }

    private MapReport ReportMap(MapPlan plan, MapSpec spec, IMapHandle? created) => new()
    {
        Name = plan.Name,
        Type = spec.Type,
        KeySize = spec.KeySize,
        ValueSize = spec.ValueSize,
        MaxEntries = spec.MaxEntries,
        IsCreated = created is not null,
        Fd = created?.Fd,
        MemoryBytes = created?.MemoryBytes ?? 0,
        EstimatedBytes = created?.MemoryBytes ?? _platform.EstimateBytes(spec),
    };

    /// <summary>The handles of one state. Those of things that were there before stay the same objects.</summary>
    private sealed class Contents
    {
        public Contents(LoadedObject owner, LoadState state, Contents? before)
        {
            State = state;
            ObjectSnapshot snapshot = owner._object;
            var maps = new BpfMap?[snapshot.Maps.Length];
            for (int i = 0; i < maps.Length; i++)
            {
                maps[i] = before?.AllMaps[i] ?? (state.Maps[i] is { } handle ? new BpfMap(snapshot.Maps[i].Name, handle, owner._platform) : null);
            }

            var programs = new BpfProgram?[snapshot.Programs.Length];
            for (int i = 0; i < programs.Length; i++)
            {
                programs[i] = before?.AllPrograms[i] ?? (state.Programs[i] is { } loaded ? new BpfProgram(owner, loaded, snapshot.Programs[i]) : null);
            }

            AllMaps = maps;
            AllPrograms = programs;
            Maps = new NamedList<BpfMap>("map", maps.OfType<BpfMap>(), static m => m.Name, owner.ExplainMap);
            Programs = new NamedList<BpfProgram>("program", programs.OfType<BpfProgram>(), static p => p.Name, owner.ExplainProgram);
            Variables = new NamedList<BpfVariable>("variable", VariablesOf(snapshot, maps), static v => v.Name);
        }

        public LoadState State { get; }

        public BpfMap?[] AllMaps { get; }

        public BpfProgram?[] AllPrograms { get; }

        public NamedList<BpfMap> Maps { get; }

        public NamedList<BpfProgram> Programs { get; }

        public NamedList<BpfVariable> Variables { get; }

        private static IEnumerable<BpfVariable> VariablesOf(ObjectSnapshot snapshot, BpfMap?[] maps)
        {
            foreach (BpfVariableSpec variable in snapshot.Variables)
            {
                if (maps[variable.Image.Map] is { } map && variable.Offset + (long)variable.Size <= map.ValueSize)
                {
                    yield return new BpfVariable(variable, map);
                }
            }
        }
    }
}
