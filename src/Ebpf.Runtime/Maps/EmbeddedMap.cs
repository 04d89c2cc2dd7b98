using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ebpf.Bytecode.Specs;
using Ebpf.Runtime.Memory;

namespace Ebpf.Runtime.Maps;

/// <summary>
/// A map of the embedded engine, in native memory whose layout is fixed at creation. This half is its life: creation, references, freeing.
/// <see cref="Lookup"/> and what follows it is what programs call; the <c>Host…</c> methods are what bpf(2) offers user space.
/// </summary>
/// <remarks>
/// References keep a map's memory: its owner's (given up by <see cref="Dispose"/>), one for each program that uses it and for each map that
/// holds it. When the last is gone, memory is freed as soon as no run is left that could see it. Safe for concurrent use.
/// </remarks>
internal abstract unsafe partial class EmbeddedMap : IReferent, IDisposable
{
    private readonly List<NativeBlock> _blocks = new(3);
    private MapHeader* _header;
    private GCHandle _self;
    private long _memoryBytes;
    private int _references = 1;
    private int _isDisposed;

    private protected EmbeddedMap(MapSpec spec, NativeHeap heap, ExecutionSlots slots)
    {
        Spec = spec;
        Heap = heap;
        Slots = slots;
        Fields = ValueFields.Of(spec);
    }

    ~EmbeddedMap()
    {
        // Blocks have finalizers of their own.
        if (_self.IsAllocated)
            _self.Free();
    }

    /// <summary>What the map was created from.</summary>
    public MapSpec Spec { get; }

    /// <summary>The type.</summary>
    public MapType Type => Spec.Type;

    /// <summary>Bytes of native memory that the map holds now.</summary>
    public virtual long MemoryBytes => Volatile.Read(ref _memoryBytes);

    /// <summary>The map pointer of programs: the address of <see cref="Header"/>.</summary>
    public nint Handle => (nint)_header;

    /// <summary>The native description of the map.</summary>
    public MapHeader* Header => _header;

    /// <summary>The map's number on its platform, which gives it; 0 before.</summary>
    public uint Id { get; set; }

    /// <summary>Whether the host may not write any more.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>The timers of the engine; null where the map belongs to none.</summary>
    internal Timers.TimerTable? Timers { get; set; }

    /// <summary>Where values have their timer; -1 where they have none.</summary>
    internal int TimerOffset => Fields?.TimerOffset ?? -1;

    /// <summary>Whether the owner has given up the map.</summary>
    internal bool IsOwnerGone => Volatile.Read(ref _isDisposed) != 0;

    /// <summary>The key of a value: where it lies, or, of an array, in <paramref name="index"/>.</summary>
    internal virtual byte* KeyOf(byte* value, uint* index) => null;

    private protected NativeHeap Heap { get; }

    private protected ExecutionSlots Slots { get; }

    /// <summary>The fields of values that belong to helpers; null where there are none.</summary>
    private protected ValueFields? Fields { get; }

    /// <summary>What allocations are for, in errors.</summary>
    private protected string Purpose => $"map '{Spec.Name}'";

    /// <summary>Creates a map, with its initial contents.</summary>
    /// <exception cref="BpfException">What Linux refuses to create, with its errno; ENOMEM; EOPNOTSUPP for types that this platform lacks.</exception>
    public static EmbeddedMap Create(MapSpec spec, NativeHeap heap, ExecutionSlots slots)
    {
        if (spec.Dialect == Dialect.Windows)
            spec = WindowsMapRules.Adapt(spec, slots.Count);
        MapRules.Check(spec);
        EmbeddedMap map = spec.Type switch
        {
            MapType.Array or MapType.PerCpuArray => new ArrayMap(spec, heap, slots),
            MapType.Hash or MapType.PerCpuHash or MapType.LruHash or MapType.LruPerCpuHash or MapType.SampleHash => new HashMap(spec, heap, slots),
            MapType.Queue or MapType.Stack => new QueueMap(spec, heap, slots),
            MapType.ProgArray or MapType.ArrayOfMaps => new ReferenceArrayMap(spec, heap, slots),
            MapType.HashOfMaps => new HashOfMapsMap(spec, heap, slots),
            MapType.LpmTrie => new LpmTrieMap(spec, heap, slots),
            MapType.BloomFilter => new BloomFilterMap(spec, heap, slots),
            MapType.PerfEventArray => new PerfEventArrayMap(spec, heap, slots),
            MapType.RingBuf => new RingBufferMap(spec, heap, slots),
            MapType.UserRingBuf => new UserRingBufferMap(spec, heap, slots),
            MapType.StackTrace => new StackTraceMap(spec, heap, slots),
            MapType.DevMap or MapType.CpuMap or MapType.XskMap or MapType.SockMap or MapType.ReuseportSockArray or MapType.CgroupArray => new TargetArrayMap(spec, heap, slots),
            MapType.DevMapHash or MapType.SockHash => new TargetHashMap(spec, heap, slots),
            MapType.CgroupStorage or MapType.PerCpuCgroupStorage => new CgroupStorageMap(spec, heap, slots),
            MapType.SkStorage or MapType.InodeStorage or MapType.TaskStorage or MapType.CgrpStorage => new LocalStorageMap(spec, heap, slots),
            _ => throw MapRules.NotSupported(spec),
        };
        try
        {
            map.Build();
            map.Initialise();
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>The map behind a map pointer.</summary>
    public static EmbeddedMap FromHandle(nint handle) =>
        Unsafe.As<EmbeddedMap>(GCHandle.FromIntPtr(((MapHeader*)handle)->Owner).Target!);

    /// <summary>Whether these bytes are memory of the map: what probing reads may touch.</summary>
    public bool Owns(ulong address, ulong size)
    {
        if (Spec.Storage is { } storage && storage.Contains(address, size))
            return true;
        lock (_blocks)
        {
            foreach (NativeBlock block in _blocks)
            {
                ulong start = (ulong)block.Address;
                if (address >= start && size <= block.Size && address - start <= block.Size - size)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Takes a reference; false where the map is gone already.</summary>
    public bool TryAddReference()
    {
        int count = Volatile.Read(ref _references);
        while (count > 0)
        {
            int seen = Interlocked.CompareExchange(ref _references, count + 1, count);
            if (seen == count)
                return true;
            count = seen;
        }

        return false;
    }

    /// <summary>Gives a reference back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            Slots.Defer(Free);
    }

    /// <summary>Gives up the owner's reference. A map of programs also lets go of the programs, which may hold it in turn.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        OnOwnerGone();
        Release();
    }

    /// <summary>Ends host writes for good (BPF_MAP_FREEZE). -EPERM where the host may not write anyway, so also the second time.</summary>
    public int Freeze()
    {
        if (!IsWritable)
            return -(int)Errno.EPERM;
        IsFrozen = true;
        return 0;
    }

    /// <summary>Takes the map's memory from the heap and fills in the header.</summary>
    private protected virtual void Build()
    {
        NativeBlock block = Own(Heap.Allocate(MapHeader.Bytes, 64, Purpose));
        _header = (MapHeader*)block.Address;
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        _header->Type = Spec.Type;
        _header->KeySize = Spec.KeySize;
        _header->ValueSize = Spec.ValueSize;
        _header->MaxEntries = Spec.MaxEntries;
        _header->Flags = Spec.Flags;
        _header->Owner = GCHandle.ToIntPtr(_self);
    }

    /// <summary>Called once when the owner gives up the map, while programs may still use it: timers end then, as in the kernel.</summary>
    private protected virtual void OnOwnerGone()
    {
        if (TimerOffset < 0 || Timers is null || _header == null)
            return;
        using ExecutionSlot slot = Slots.Enter();
        ElementCursor cursor = default;
        while (MoveNext(ref cursor, slot.Index))
            DropTimer(cursor.Value);
    }

    /// <summary>Ends the timer of a value that is about to go.</summary>
    private protected void DropTimer(byte* value)
    {
        if (TimerOffset >= 0)
            Timers?.Drop((nint)(value + TimerOffset));
    }

    /// <summary>Called once when no run can see the map, before its memory goes: lets go of what the map refers to.</summary>
    private protected virtual void ReleaseContents()
    {
    }

    /// <summary>Makes a block part of the map: it is counted, and freed with it.</summary>
    private protected NativeBlock Own(NativeBlock block)
    {
        lock (_blocks)
            _blocks.Add(block);
        Interlocked.Add(ref _memoryBytes, block.AccountedBytes);
        return block;
    }

    /// <summary>A hash over this map's keys, for types that add rules of their own to one; the map disposes it in <see cref="ReleaseContents"/>. A typed one has the map's own values, with their locks and timers.</summary>
    private protected EmbeddedMap CreateTable(MapType type, uint maxEntries, uint valueSize, MapFlags flags = MapFlags.None, bool isTyped = false) => Create(
        Spec with
        {
            Type = type,
            MaxEntries = maxEntries,
            ValueSize = valueSize,
            Flags = flags,
            Inner = null,
            Types = isTyped ? Spec.Types : null,
            ValueType = isTyped ? Spec.ValueType : 0,
            InitialData = default,
            IsFrozen = false,
        },
        Heap,
        Slots);

    private void Initialise()
    {
        ReadOnlySpan<byte> data = Spec.InitialData.Span;
        if (!data.IsEmpty)
        {
            byte* value = DirectValue;
            if (value is null || data.Length > Spec.ValueSize)
                throw new BpfException($"map '{Spec.Name}': {data.Length} bytes of initial data do not fit a {Spec.Type.Text()} with values of {Spec.ValueSize} bytes", Errno.EINVAL);
            data.CopyTo(new Span<byte>(value, (int)Spec.ValueSize));
        }

        IsFrozen = Spec.IsFrozen;
    }

    private void Free()
    {
        ReleaseContents();
        if (_self.IsAllocated)
            _self.Free();
        GC.SuppressFinalize(this);
        lock (_blocks)
        {
            foreach (NativeBlock block in _blocks)
                block.Dispose();
            _blocks.Clear();
        }

        Volatile.Write(ref _memoryBytes, 0);
    }
}
