using Ebpf.Bytecode.Btf;
using Ebpf.Loading;
using Ebpf.Native.Embedded;

namespace Ebpf.Native;

/// <summary>How far an object is.</summary>
/// <remarks>enum bpf_object_state in libbpf.c. A load that failed leaves the object loaded too.</remarks>
internal enum ObjectState
{
    Open,
    Prepared,
    Loaded,
}

/// <summary>A <c>struct bpf_object</c>: libbpf's own states over the stages of the Loader.</summary>
internal sealed unsafe class NativeObject
{
    private Loader? _loader;
    private LoadState? _live;
    private bool[] _selected = [];
    private NativeBtf? _btf;
    private UsdtMaps? _usdt;
    private byte* _name;

    public NativeObject(BpfObject spec, LoadOptions options, OpenChoices choices)
    {
        Spec = spec;
        Options = options;
        Choices = choices;
        Handle = Handles.New(this);
        Programs = [.. spec.Programs.Select((program, index) => new NativeProgram(this, program, index))];
        Maps = [.. spec.Maps.Select((map, index) => new NativeMap(this, map, index))];
        KernelVersion = spec.KernelVersion;
    }

    public BpfObject Spec { get; }

    public nint Handle { get; }

    /// <summary>How it will be loaded.</summary>
    public LoadOptions Options { get; }

    public OpenChoices Choices { get; }

    public NativeProgram[] Programs { get; }

    public NativeMap[] Maps { get; }

    public ObjectState State { get; private set; }

    public uint KernelVersion { get; set; }

    public byte* Name => _name == null ? _name = Text.Copy(Spec.Name) : _name;

    /// <summary>The object's types; null where it has none.</summary>
    public NativeBtf? Btf => _btf ??= Spec.Types is { } types ? NativeBtf.Of(types) : null;

    /// <summary>The maps that programs for user statically defined tracepoints share.</summary>
    /// <exception cref="BpfException">The object has none, or is not loaded.</exception>
    public UsdtMaps Usdt => _usdt ??= UsdtMaps.Find(new NamedList<BpfMap>(
        "map", Maps.Where(static m => m.Fd >= 0 && m.Spec.Name.StartsWith("__bpf_usdt", StringComparison.Ordinal)).Select(static m => Host.MapOf(m.Fd, m.Spec.Name)), static m => m.Name));

    /// <summary>Creates maps and links programs, and no more.</summary>
    public int Prepare()
    {
        if (State >= ObjectState.Prepared)
        {
            Print.Warn($"object '{Spec.Name}': prepare loading can't be attempted twice\n");
            return Answer.Error(Errno.EINVAL);
        }

        return Run(load: false);
    }

    public int Load()
    {
        if (State >= ObjectState.Loaded)
        {
            Print.Warn($"object '{Spec.Name}': load can't be attempted twice\n");
            return Answer.Error(Errno.EINVAL);
        }

        if (Spec.IsLittleEndian != BitConverter.IsLittleEndian)
        {
            Print.Warn($"object '{Spec.Name}': loading non-native endianness is unsupported\n");
            return Answer.Error(Errno.LIBBPF_ENDIAN);
        }

        return Run(load: true);
    }

    public void Close()
    {
        Unload();
        foreach (NativeProgram program in Programs)
        {
            program.Free();
        }

        foreach (NativeMap map in Maps)
        {
            map.Free();
        }

        _btf?.FreeOwned();
        Text.Free(_name);
        Handles.Free(Handle);
    }

    private int Run(bool load)
    {
        try
        {
            if (State == ObjectState.Open)
            {
                Begin();
            }

            if (load)
            {
                Finish();
            }

            State = load ? ObjectState.Loaded : ObjectState.Prepared;
            return 0;
        }
        catch (Exception e)
        {
            Report(e);
            Errno errno = Answer.ErrnoOf(e);
            _loader?.Dispose();
            _loader = null;
            Unload();
            State = ObjectState.Loaded;
            if (load)
            {
                Print.Warn($"failed to load object '{Spec.Name}'\n");
            }

            return -(int)errno;
        }
    }

    private void Begin()
    {
        foreach (NativeMap map in Maps)
        {
            map.BeforeSnapshot();
        }

        foreach (NativeProgram program in Programs)
        {
            program.BeforeSnapshot();
        }

        ObjectSnapshot snapshot = Spec.Snapshot(Options);
        _selected = [.. Programs.Select(static p => p.Spec.AutoLoad)];
        _loader = new Loader(snapshot, Host.Platform.Implementation, Options, LoadState.Empty(snapshot), _selected);
        _loader.Prepare();
        foreach (NativeMap map in Maps)
        {
            map.OnCreated(_loader.State.Maps[map.Index], _loader.State.MapSpecs[map.Index]);
        }

        foreach (NativeProgram program in Programs)
        {
            // Maps for struct_ops decide about their programs.
            program.Spec.AutoLoad = _selected[program.Index];
            program.OnLinked(_loader.Linked[program.Index]);
        }
    }

    private void Finish()
    {
        foreach (NativeProgram program in Programs)
        {
            // Between prepare and load a program can still be turned off.
            _selected[program.Index] = program.Spec.AutoLoad;
            if (!program.Spec.AutoLoad)
            {
                Print.Debug($"prog '{program.Spec.Name}': skipped loading\n");
            }
        }

        _loader!.LoadPrograms();
        _live = _loader.Finish();
        // What the load alone needed goes; what it made stays.
        _loader.Dispose();
        _loader = null;
        foreach (NativeProgram program in Programs)
        {
            program.OnLoaded(_live.Programs[program.Index]?.Handle);
        }

        foreach (NativeMap map in Maps)
        {
            map.OnLoaded();
        }
    }

    /// <summary>Closes what is in the kernel.</summary>
    private void Unload()
    {
        foreach (NativeProgram program in Programs)
        {
            program.Unload();
        }

        var duplicates = Kernel.IsEmbedded && Maps.Length > 0 ? DescriptorTable.OpenFiles() : null;
        foreach (NativeMap map in Maps)
        {
            map.Unload(duplicates);
        }

        _loader?.Dispose();
        _loader = null;
        _live = null;
    }

    /// <remarks>bpf_object_load_prog in libbpf.c, whose messages programs look for.</remarks>
    private void Report(Exception e)
    {
        if (e is BpfException { Program: { } name } refused)
        {
            string errno = ErrorText.Symbol(refused.Errno);
            Print.Warn($"prog '{name}': BPF program load failed: {errno}\n");
            string log = refused.Log.Length > 0 ? refused.Log : refused.Message + "\n";
            NativeProgram? program = Programs.FirstOrDefault(p => p.Spec.Name == name);
            if (program is null || !program.WriteLog(log))
            {
                Print.Warn($"prog '{name}': -- BEGIN PROG LOAD LOG --\n{log}-- END PROG LOAD LOG --\n");
            }

            Print.Warn($"prog '{name}': failed to load: {errno}\n");
        }
        else
        {
            Print.Warn(e.Message + "\n");
        }
    }
}

/// <summary>What bpf_object_open_opts chose beside the options of a load.</summary>
internal readonly record struct OpenChoices(nint LogBuffer, nuint LogSize, uint LogLevel, int TokenFd);
