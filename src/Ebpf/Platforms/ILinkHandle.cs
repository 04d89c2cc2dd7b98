namespace Ebpf.Platforms;

/// <summary>An attachment. Disposing detaches.</summary>
internal interface ILinkHandle : IDisposable
{
    /// <summary>The descriptor, above 2; null where the platform has none.</summary>
    int? Fd { get; }
}

/// <summary>Where a program is to be attached.</summary>
/// <param name="Hook">The hook's name: on the embedded platform any, by default the program's section.</param>
internal readonly record struct AttachRequest(string Hook);
