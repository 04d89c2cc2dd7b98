using System.Runtime.InteropServices;
using Ebpf.Platforms.Windows;

namespace Ebpf;

/// <summary>
/// A native module of eBPF for Windows: programs that bpf2c verified and compiled into a driver (.sys), or a DLL for that system's user mode. It is opened
/// and loaded by the system itself, through ebpfapi.dll. Of one thread.
/// </summary>
/// <remarks>
/// The kernel creates every program of a module, whatever <see cref="NativeProgram.AutoLoad"/> says; the ones that are off are closed right after, and
/// fail the load where they cannot be created (ebpf_native_load_programs, _initialize_ebpf_programs_native).
/// </remarks>
public sealed unsafe class NativeModule : IDisposable
{
    private readonly string _path;
    private nint _object;

    private NativeModule(string path, nint handle)
    {
        _path = path;
        _object = handle;
        var programs = new List<NativeProgram>();
        for (nint program = EbpfApi.NextProgram(handle, 0); program != 0; program = EbpfApi.NextProgram(handle, program))
            programs.Add(new NativeProgram(this, program));
        var maps = new List<NativeMap>();
        for (nint map = EbpfApi.NextMap(handle, 0); map != 0; map = EbpfApi.NextMap(handle, map))
            maps.Add(new NativeMap(this, map));
        (Programs, Maps) = (programs, maps);
    }

    /// <summary>Its programs, by name: the order of the module.</summary>
    public IReadOnlyList<NativeProgram> Programs { get; }

    /// <summary>Its maps.</summary>
    public IReadOnlyList<NativeMap> Maps { get; }

    /// <summary>Whether <see cref="Load"/> was called, with success or not: from then on nothing can be chosen any more.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>Opens a module.</summary>
    /// <param name="path">The .sys or .dll file.</param>
    /// <exception cref="BpfNotSupportedException">eBPF for Windows is not installed.</exception>
    /// <exception cref="BpfException">The file is no module.</exception>
    public static NativeModule Open(string path)
    {
        EbpfApi.Require();
        fixed (byte* text = WindowsPlatform.Text(path))
        {
            nint handle = EbpfApi.OpenObject(text);
            return handle != 0 ? new NativeModule(path, handle) : throw new BpfException($"{path} cannot be opened as a native module of eBPF for Windows", Errno.EINVAL);
        }
    }

    /// <summary>Loads the module: its maps and those programs whose <see cref="NativeProgram.AutoLoad"/> is on.</summary>
    /// <exception cref="BpfException">It was loaded before (EINVAL), or the system refuses it; nothing is loaded then.</exception>
    public void Load()
    {
        ObjectDisposedException.ThrowIf(_object == 0, this);
        if (IsLoaded)
            throw new BpfException($"{_path} is loaded already, or could not be: open it anew", Errno.EINVAL);
        IsLoaded = true;
        Errno errno = WindowsErrno.From(EbpfApi.LoadObject(_object));
        if (errno != Errno.None)
            throw new BpfException($"{_path} cannot be loaded: {errno}", errno);
    }

    /// <summary>Unloads it, and closes its programs and maps.</summary>
    public void Dispose()
    {
        if (_object != 0)
            EbpfApi.CloseObject(_object);
        _object = 0;
    }

    /// <summary>A pointer of the module's, while it is open.</summary>
    internal nint Use(nint pointer)
    {
        ObjectDisposedException.ThrowIf(_object == 0, this);
        return pointer;
    }
}

/// <summary>A program of a <see cref="NativeModule"/>.</summary>
public sealed unsafe class NativeProgram
{
    private readonly NativeModule _module;
    private readonly nint _program;
    private bool _autoLoad = true;

    internal NativeProgram(NativeModule module, nint program)
    {
        _module = module;
        _program = program;
        Name = Marshal.PtrToStringUTF8((nint)EbpfApi.ProgramName(program)) ?? "";
        SectionName = Marshal.PtrToStringUTF8((nint)EbpfApi.ProgramSection(program)) ?? "";
        Type = ProgramTypeTable.From(Dialect.Windows, EbpfApi.ProgramTypeOf(program)) ?? ProgramType.Unspec;
        AttachType = AttachTypeTable.From(Dialect.Windows, EbpfApi.AttachTypeOf(program)) ?? AttachType.None;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its section.</summary>
    public string SectionName { get; }

    /// <summary>Its type.</summary>
    public ProgramType Type { get; }

    /// <summary>Its expected attach type.</summary>
    public AttachType AttachType { get; }

    /// <summary>Whether it is kept after <see cref="NativeModule.Load"/>; true at first.</summary>
    /// <exception cref="BpfException">EINVAL: the module is loaded.</exception>
    public bool AutoLoad
    {
        get => _autoLoad;
        set
        {
            Errno errno = WindowsErrno.From(EbpfApi.SetAutoload(_module.Use(_program), value ? (byte)1 : (byte)0));
            if (errno != Errno.None)
                throw new BpfException($"program '{Name}': what is loaded cannot be chosen any more: {errno}", errno) { Program = Name };
            _autoLoad = value;
        }
    }

    /// <summary>The descriptor; null before the load and where <see cref="AutoLoad"/> is off (eBPF for Windows says -1).</summary>
    public int? Fd => EbpfApi.ProgramFd(_module.Use(_program)) is > 0 and int fd ? fd : null;
}

/// <summary>A map of a <see cref="NativeModule"/>.</summary>
public sealed unsafe class NativeMap
{
    private readonly NativeModule _module;
    private readonly nint _map;

    internal NativeMap(NativeModule module, nint map)
    {
        _module = module;
        _map = map;
        Name = Marshal.PtrToStringUTF8((nint)EbpfApi.MapName(map)) ?? "";
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The descriptor; null before the load.</summary>
    public int? Fd => EbpfApi.MapFd(_module.Use(_map)) is > 0 and int fd ? fd : null;
}
