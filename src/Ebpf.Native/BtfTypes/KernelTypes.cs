using Ebpf.Bytecode.Btf;

namespace Ebpf.Native;

/// <summary>The running kernel's types, read once.</summary>
internal static class KernelTypes
{
    private static BtfView? s_vmlinux;

    public static BtfView Vmlinux => s_vmlinux ??= BtfView.OpenKernel();
}
