namespace Ebpf.Bytecode.Btf;

/// <summary>Type information read in place: an index over the bytes of a .BTF section; types are decoded when they are asked for.</summary>
/// <remarks>Documentation/bpf/btf.rst in the kernel tree.</remarks>
public sealed partial class BtfView
{
}
