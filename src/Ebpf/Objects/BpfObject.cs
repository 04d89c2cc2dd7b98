using Ebpf.Bytecode;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;

namespace Ebpf;

/// <summary>
/// An open BPF object: what the file says, as plain data that can be edited before it is loaded, the same on every OS and without privileges.
/// For one thread. What is edited after a load touches no <see cref="LoadedObject"/>; a failed load can be tried again.
/// </summary>
public sealed partial class BpfObject
{
    private readonly ObjectImage _image;

    private BpfObject(ObjectImage image)
    {
        _image = image;
        Programs = new NamedList<BpfProgramSpec>("program", image.Programs.Select(static p => new BpfProgramSpec(p)), static p => p.Name, ExplainProgram);
        Maps = new NamedList<BpfMapSpec>("map", image.Maps.Select(m => new BpfMapSpec(m, image.Types)), static m => m.Name);
        Variables = new NamedList<BpfVariableSpec>("variable", image.Variables.Select(v => new BpfVariableSpec(v, Maps[v.Map], image.IsLittleEndian)), static v => v.Name);
    }

    /// <summary>Opens an object file: parses it and no more.</summary>
    /// <exception cref="BpfException">There is no such file, it is no BPF object, or it is damaged; the message names section and offset.</exception>
    public static BpfObject Open(string path, OpenOptions? options = null) => Open(InputFile.Read(path), path, options);

    /// <summary>Opens an object in memory, which must not change afterwards.</summary>
    /// <exception cref="BpfException">It is no BPF object, or it is damaged; the message names section and offset.</exception>
    public static BpfObject Open(ReadOnlyMemory<byte> bytes, OpenOptions? options = null) => Open(bytes, options?.Name ?? "object", options);

    /// <summary>Opens an object that is read to the stream's end.</summary>
    /// <exception cref="BpfException">It is no BPF object, or it is damaged; the message names section and offset.</exception>
    public static BpfObject Open(Stream stream, OpenOptions? options = null)
    {
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Open(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), options);
    }

    /// <summary>Its name: what is before the first dot of the file's name, at most 15 bytes. Maps of global data are named after it.</summary>
    public string Name => _image.Name;

    /// <summary>Whose headers it was compiled against.</summary>
    public Dialect Dialect => _image.Dialect;

    /// <summary>Whether it is for little-endian machines. It can be shown on any machine, and loaded on those it is for.</summary>
    public bool IsLittleEndian => _image.IsLittleEndian;

    /// <summary>Its licence, "" where it has none.</summary>
    public string License => _image.License;

    /// <summary>KERNEL_VERSION(a, b, c) that it says it is for, 0 where it says nothing.</summary>
    public uint KernelVersion => _image.KernelVersion;

    /// <summary>Its programs, in the order of the file: by section, then by offset. Subprograms are not among them.</summary>
    public NamedList<BpfProgramSpec> Programs { get; }

    /// <summary>Its maps, those of global data among them.</summary>
    public NamedList<BpfMapSpec> Maps { get; }

    /// <summary>Its global variables.</summary>
    public NamedList<BpfVariableSpec> Variables { get; }

    /// <summary>Its sections.</summary>
    public IReadOnlyList<BpfSection> Sections => [.. _image.Sections.Select(static s => new BpfSection(s.Index, s.Name, s.Kind, s.Size))];

    /// <summary>What it leaves to others to define.</summary>
    public IReadOnlyList<BpfExtern> Externs => [.. _image.Externs.Select(static e => new BpfExtern(e.Name, e.Kind.ToString(), e.IsWeak))];

    /// <summary>Its type information; null where it has none.</summary>
    public BtfView? Types => _image.Types;

    /// <summary>What is unusual about it, and was accepted all the same.</summary>
    public IReadOnlyList<string> Notes => _image.Notes;

    /// <summary>What the file says, unedited.</summary>
    internal ObjectImage Image => _image;

    /// <summary>Loads the programs whose AutoLoad is on, and the maps, all or nothing.</summary>
    /// <param name="platform">Where to; null for <see cref="Platform.Embedded"/>.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="VerifierException">A program is refused.</exception>
    /// <exception cref="BpfException">Something else failed. Nothing is left behind, and the load can be tried again.</exception>
    public LoadedObject Load(Platform? platform = null, LoadOptions? options = null)
    {
        options ??= LoadOptions.Default;
        return new LoadedObject(Snapshot(options), platform ?? Platform.Embedded, options);
    }

    /// <inheritdoc cref="Load(Platform?, LoadOptions?)"/>
    public LoadedObject Load(LoadOptions options) => Load(null, options);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Programs.Count} programs, {Maps.Count} maps";

    private static BpfObject Open(ReadOnlyMemory<byte> bytes, string path, OpenOptions? options)
    {
        options ??= OpenOptions.Default;
        return new BpfObject(ObjectImage.Read(bytes, path, options.Strictness, options.Name, options.Dialect));
    }

    private string? ExplainProgram(string name) => _image.Functions.Any(f => f.IsSubprogram && f.Name == name)
        ? $"'{name}' is a subprogram: it is loaded with the programs that call it, never by itself (programs: {string.Join(", ", Programs.Names)})"
        : null;
}
