namespace Ebpf;

/// <summary>How a map is pinned when the object loads.</summary>
/// <remarks>enum libbpf_pin_type in libbpf's bpf_helpers.h. Other values occur in iproute2's objects and are kept as they are.</remarks>
public enum MapPinning
{
    /// <summary>Not pinned.</summary>
    None = 0,

    /// <summary>Pinned and reused by its name.</summary>
    ByName = 1,
}
