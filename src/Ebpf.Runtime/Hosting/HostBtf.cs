using Ebpf.Verifier.Prototypes;

namespace Ebpf.Hosting;

/// <summary>Writes the context of a host's program type as BTF.</summary>
internal static class HostBtf
{
    internal static byte[] Write(HostProgramType type)
    {
        var writer = new BtfWriter();
        writer.Struct(type.ContextName, type.ContextSize, [.. type.Layout.Fields]);
        return writer.Bytes();
    }
}
