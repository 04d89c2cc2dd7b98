namespace Ebpf.Runtime.Maps;

/// <summary>What a map can refer to: a program in a PROG_ARRAY, a map in a map of maps. The map holds a reference as long as it is there, and until no run can have seen it.</summary>
internal interface IReferent
{
    /// <summary>What programs and machine code are given for it; never 0.</summary>
    nint Handle { get; }

    /// <summary>What the host reads as the element's value: the kernel gives the object's id.</summary>
    uint Id { get; }

    /// <summary>Takes a reference; false where the object is gone already.</summary>
    bool TryAddReference();

    /// <summary>Gives a reference back.</summary>
    void Release();
}

/// <summary>A program that a PROG_ARRAY can hold.</summary>
internal interface IProgramReferent : IReferent
{
    /// <summary>Its type: all programs of an array, and all that call through it, have the same.</summary>
    ProgramType ProgramType { get; }

    /// <summary>Whether an XDP program handles packets in fragments, which must be equal likewise.</summary>
    bool HandlesFragments { get; }
}

/// <summary>A map whose elements are programs or maps: the host sets objects, where bpf(2) takes their descriptors.</summary>
internal interface IReferenceMap
{
    /// <summary>BPF_MAP_UPDATE_ELEM. -EINVAL where the object does not fit the map.</summary>
    int HostSet(ReadOnlySpan<byte> key, IReferent referent, ulong flags = 0);

    /// <summary>The object at a key; null where there is none. It may be released at any time, except during a run.</summary>
    IReferent? HostGet(ReadOnlySpan<byte> key);
}
