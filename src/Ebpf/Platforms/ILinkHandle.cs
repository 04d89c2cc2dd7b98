namespace Ebpf.Platforms;

/// <summary>An attachment. Disposing detaches.</summary>
internal interface ILinkHandle : IDisposable
{
    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    int? Fd { get; }

    /// <summary>What the platform knows of it; null where it knows nothing beyond the request.</summary>
    LinkInfo? ReadInfo();

    /// <summary>Puts another program in its place, without a moment in which neither runs.</summary>
    /// <param name="program">The program.</param>
    /// <param name="expected">What must be attached now; null for whatever it is.</param>
    void Update(IProgramHandle program, IProgramHandle? expected);

    /// <summary>Pins it at a path: it lives on there when it is disposed.</summary>
    void Pin(string path);

    /// <summary>Detaches while the descriptor, and pins, stay.</summary>
    void Detach();

    /// <summary>Opens what an iterator program writes, from its beginning.</summary>
    Stream OpenIterator();

    /// <summary>Gives the descriptors up without closing them: the attachment is no longer ours.</summary>
    void Disconnect();
}
