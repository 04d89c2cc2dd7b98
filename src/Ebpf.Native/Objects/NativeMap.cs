using System.Runtime.InteropServices;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Native.Embedded;
using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Native;

/// <summary>A <c>struct bpf_map</c>.</summary>
internal sealed unsafe class NativeMap
{
    private const int None = -1;

    private byte* _name;
    private byte* _pinPath;
    private int _fd = None;
    private int _reusedFd = None;
    private IMapHandle? _handle;

    public NativeMap(NativeObject owner, BpfMapSpec spec, int index)
    {
        Owner = owner;
        Spec = spec;
        Index = index;
        Handle = Handles.New(this);
        Inner = spec.Inner is { } inner ? new NativeMap(owner, inner, None) : null;
        KeyTypeId = spec.Image.KeyType;
        ValueTypeId = spec.Image.ValueType;
        if (spec.PinPath is null && spec.Pinning == MapPinning.ByName)
        {
            spec.PinPath = $"{owner.Options.PinRoot.TrimEnd('/')}/{spec.Name}";
        }

        if (IsMapped)
        {
            Memory = new MapMemory(MemorySize);
            spec.Data.Span.CopyTo(Memory.Bytes);
        }
        else if (IsStructOps)
        {
            Memory = new MapMemory(spec.ValueSize);
            spec.Image.InitialData.Span.CopyTo(Memory.Bytes);
        }
    }

    public NativeObject Owner { get; }

    public BpfMapSpec Spec { get; }

    public int Index { get; }

    public nint Handle { get; }

    public NativeMap? Inner { get; private set; }

    /// <summary>The created map; null before, and where there is none.</summary>
    public IMapHandle? Handled => _handle;

    /// <summary>What global data is in, from open to close at one address; the shadow of a struct_ops structure.</summary>
    public MapMemory? Memory { get; private set; }

    public uint KeyTypeId { get; set; }

    public uint ValueTypeId { get; set; }

    public uint Ifindex { get; set; }

    public int InnerMapFd { get; set; } = None;

    public bool AutoAttach { get; set; } = true;

    public bool IsPinned { get; set; }

    public bool IsReused => _reusedFd >= 0;

    /// <summary>Whether libbpf takes the map to exist: so do those whose autocreate is off, once the object is prepared.</summary>
    /// <remarks>map_is_created in libbpf.c.</remarks>
    public bool IsCreated => Owner.State >= ObjectState.Prepared || IsReused;

    public bool IsStructOps => Spec.Type == MapType.StructOps;

    public bool IsKconfig => Spec.Image.Kind == MapKind.Kconfig;

    /// <summary>The descriptor; -1 where there is none.</summary>
    public int Fd => _fd >= 0 ? _fd : _reusedFd;

    public byte* Name => _name == null ? _name = Text.Copy(Spec.Name) : _name;

    /// <summary>The name of the section that global data is from.</summary>
    public string? RealName => Spec.IsInternal ? Spec.SectionName : null;

    public byte* PinPath => Spec.PinPath is null ? null : _pinPath == null ? _pinPath = Text.Copy(Spec.PinPath) : _pinPath;

    public void SetPinPath(string? path)
    {
        Text.Free(_pinPath);
        _pinPath = null;
        Spec.PinPath = path;
        if (path is null)
        {
            // What the file says about pinning is overruled.
            Spec.Pinning = MapPinning.None;
        }
    }

    /// <summary>The capacity; changes the size of the data's memory too.</summary>
    public void Resize(uint valueSize)
    {
        Spec.ValueSize = valueSize;
        if (Memory is { } before && IsMapped)
        {
            Memory = before.Resized(MemorySize);
        }
    }

    /// <summary>Hands what the client wrote into the data over to the object.</summary>
    public void BeforeSnapshot()
    {
        if (Memory is { } memory && IsMapped && !IsKconfig)
        {
            Spec.WriteData(0, memory.Bytes[..(int)Spec.ValueSize]);
        }

        if (Kernel.IsEmbedded && IsMapped)
        {
            Spec.Storage = Memory!.Storage;
        }
    }

    /// <summary>The map was created, or not: then its descriptor stands for nothing, as in libbpf.</summary>
    public void OnCreated(IMapHandle? handle, MapSpec spec)
    {
        _handle = handle;
        if (handle is null)
        {
            _fd = Spec.AutoCreate ? None : Os.Placeholder();
            return;
        }

        _fd = handle.Fd ?? None;
        if (spec.MaxEntries != Spec.MaxEntries)
        {
            Spec.MaxEntries = spec.MaxEntries;
        }

        if (Kernel.IsEmbedded)
        {
            DescriptorTable.Register(_fd, handle);
        }
        else if (IsMapped && IsMmapable)
        {
            Memory!.MapOver(_fd, Spec.IsFrozen);
        }

        if (IsMapped && !IsMmapable)
        {
            // Static variables alone: nobody outside may know where they are.
            Memory!.Dispose();
            Memory = null;
        }
    }

    public void OnLoaded()
    {
        if (Kernel.IsEmbedded && _handle is not null && IsMapped && Spec.IsFrozen)
        {
            Memory?.Seal();
        }

        IsPinned |= _handle is not null && Spec.PinPath is not null;
    }

    /// <summary>Takes another map in place of one of its own.</summary>
    public void Reuse(int fd)
    {
        if (_reusedFd >= 0)
        {
            _ = LibC.Close(_reusedFd);
        }

        _reusedFd = fd;
    }

    /// <summary>Gives the map's descriptor up.</summary>
    /// <param name="openFiles">The files that the process has open, on the embedded platform.</param>
    public void Unload(OpenFiles? openFiles)
    {
        if (_handle is { } handle)
        {
            if (Kernel.IsEmbedded)
            {
                DescriptorTable.Unregister(_fd, handle, openFiles);
            }
            else
            {
                handle.Dispose();
            }
        }
        else if (_fd >= 0)
        {
            _ = LibC.Close(_fd);
        }

        _handle = null;
        _fd = None;
        Reuse(None);
    }

    public void Free()
    {
        Inner?.Free();
        Memory?.Dispose();
        Text.Free(_name);
        Text.Free(_pinPath);
        Handles.Free(Handle);
    }

    /// <summary>The template of inner maps is replaced by a map that exists.</summary>
    public void DropInner()
    {
        Inner?.Free();
        Inner = null;
    }

    private bool IsMapped => Spec.IsInternal;

    /// <remarks>bpf_object__populate_internal_map in libbpf.c: only such maps stay in the client's memory.</remarks>
    private bool IsMmapable => (Spec.Flags & MapFlags.Mmapable) != 0;

    /// <remarks>array_map_mmap_sz in libbpf.c.</remarks>
    private ulong MemorySize => (((ulong)Spec.ValueSize + 7) & ~7UL) * Math.Max(1, Spec.MaxEntries);
}
