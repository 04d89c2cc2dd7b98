using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.PerfEvents;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Platforms.Linux.Links;

/// <summary>A program at every place of one tracepoint of a user program: one link since Linux 6.6, before one for each place.</summary>
/// <remarks>usdt_manager_attach_usdt and bpf_link_usdt_detach in libbpf's usdt.c.</remarks>
internal sealed class UsdtLink : ILinkHandle
{
    private readonly UsdtMaps _maps;
    private readonly List<KernelLink> _links = [];
    private readonly List<ulong> _addresses = [];
    private readonly Dictionary<string, int> _specs = new(StringComparer.Ordinal);
    private int _disposed;

    private UsdtLink(UsdtMaps maps) => _maps = maps;

    // One that is several links has no descriptor of its own, as in libbpf.
    public int? Fd => _links is [KernelLink only] ? only.Fd : null;

    /// <exception cref="BpfException">The file has no such tracepoint, or it cannot be attached to.</exception>
    public static UsdtLink Attach(ProgramSpec program, int fd, UsdtRequest request)
    {
        UserBinary binary = UserBinary.Open(request.Binary);
        List<UsdtPlace> places = FindPlaces(binary, request);
        var link = new UsdtLink(request.Maps);
        try
        {
            link.Attach(program, fd, binary, places, request);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    public LinkInfo? ReadInfo() => _links is [KernelLink only] ? only.ReadInfo() : null;

    public void Update(IProgramHandle program, IProgramHandle? expected) => throw NotOne("updated");

    public void Pin(string path)
    {
        if (_links is [KernelLink only])
        {
            only.Pin(path);
        }
        else
        {
            throw NotOne("pinned");
        }
    }

    public void Detach() => throw NotOne("detached while its descriptor stays: dispose it");

    public Stream OpenIterator() => throw NotOne("read");

    public void Disconnect() => _links.ForEach(static link => link.Disconnect());

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _links.ForEach(static link => link.Dispose());
        _addresses.ForEach(_maps.UnmapAddress);
        // Only now can no program look them up any more.
        foreach (int spec in _specs.Values)
        {
            _maps.Remove(spec);
        }
    }

    private void Attach(ProgramSpec program, int fd, UserBinary binary, List<UsdtPlace> places, UsdtRequest request)
    {
        ushort machine = binary.Elf.Machine;
        int[] specs = [.. places.Select(place => SpecOf(place.Note, machine, request.Options.Cookie))];
        // One from another section than usdt was not loaded for it.
        if (program.AttachType == AttachType.TraceUprobeMulti)
        {
            _links.Add(LinuxAttacher.AttachUprobes(
                fd, binary.FilePath, places.Select(static p => p.Offset).ToArray(), places.Select(static p => p.SemaphoreOffset).ToArray(),
                specs.Select(static id => (ulong)id).ToArray(), request.Options.Pid, isReturn: false, isSession: false, request.Hook));
            return;
        }

        bool hasCookies = KernelFeatures.Cookies;
        int pid = LinuxAttacher.ProcessOf(request.Options.Pid);
        for (int i = 0; i < places.Count; i++)
        {
            if (!hasCookies)
            {
                // What a program sees is its process's address, which for a shared library only its own memory map tells.
                ulong address = binary.Elf.Type == ElfType.Executable
                    ? places[i].Note.Address
                    : ProcessMemory.AddressOf(pid, binary.FilePath, places[i].Offset);
                _maps.MapAddress(address, specs[i]);
                _addresses.Add(address);
            }

            var place = new ProbePlace(true, false, binary.FilePath, places[i].Offset, pid, places[i].SemaphoreOffset);
            _links.Add(LinuxAttacher.AttachProbe(fd, place, hasCookies ? (ulong)specs[i] : 0, ProbeAttachMode.Default, request.Hook));
        }
    }

    /// <summary>Places whose arguments are written alike share an entry.</summary>
    private int SpecOf(in UsdtNote note, ushort machine, ulong cookie)
    {
        if (!_specs.TryGetValue(note.Arguments, out int id))
        {
            id = _maps.Add(UsdtArgument.ParseAll(note.Arguments, machine), cookie);
            _specs.Add(note.Arguments, id);
        }

        return id;
    }

    private static List<UsdtPlace> FindPlaces(UserBinary binary, UsdtRequest request)
    {
        var segments = binary.Elf.ReadSegments();
        var places = new List<UsdtPlace>();
        List<UsdtNote> notes = UsdtNote.ReadAll(binary.Elf);
        foreach (UsdtNote note in notes)
        {
            if (note.Provider != request.Provider || note.Name != request.Name)
            {
                continue;
            }

            ElfSegment? code = segments.Cast<ElfSegment?>().FirstOrDefault(s => s!.Value.IsExecutable && s.Value.Contains(note.Address));
            if (code is not { } segment)
            {
                throw new BpfException($"{binary.FilePath}: the tracepoint {request.Provider}:{request.Name} is at 0x{note.Address:x}, where there is no code; the file is damaged", Errno.ESRCH);
            }

            ulong semaphore = 0;
            if (note.Semaphore != 0)
            {
                ElfSegment? data = segments.Cast<ElfSegment?>().FirstOrDefault(s => !s!.Value.IsExecutable && s.Value.Contains(note.Semaphore));
                semaphore = data?.ToFileOffset(note.Semaphore)
                    ?? throw new BpfException($"{binary.FilePath}: the counter of {request.Provider}:{request.Name} at 0x{note.Semaphore:x} is in no data; the file is damaged", Errno.ESRCH);
            }

            places.Add(new UsdtPlace(note, segment.ToFileOffset(note.Address), semaphore));
        }

        return places.Count > 0 ? places : throw new BpfException(
            $"{binary.FilePath}: has no tracepoint {request.Provider}:{request.Name}"
            + (notes.Count == 0 ? ": it declares none at all" : $"; it has {string.Join(", ", notes.Select(static n => $"{n.Provider}:{n.Name}").Distinct().Take(8))}, …"), Errno.ENOENT);
    }

    private static BpfException NotOne(string what) => new($"an attachment to a tracepoint of a user program cannot be {what}", Errno.EOPNOTSUPP);

    private readonly record struct UsdtPlace(UsdtNote Note, ulong Offset, ulong SemaphoreOffset);
}
