using Ebpf.Bytecode.Btf;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Types;

/// <summary>The kernel's types and those of its modules, during one load. Nothing is read before something is looked for.</summary>
internal sealed unsafe class KernelModules : IDisposable
{
    private readonly Dictionary<string, FileDescriptor> _descriptors = [];
    private IReadOnlyList<BtfView>? _modules;
    private BtfView? _vmlinux;

    /// <summary>The kernel's own types; null where it has none.</summary>
    public BtfView? Vmlinux => _vmlinux ??= BtfView.TryOpenKernel(out BtfView? kernel) ? kernel : null;

    /// <summary>The types of all modules that have any.</summary>
    public IReadOnlyList<BtfView> Modules => _modules ??= Vmlinux is null ? [] : BtfView.OpenKernelModules();

    /// <summary>Finds a type by name and kind in the kernel, then in its modules.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="module">"vmlinux", or the module that is looked at only; null for all.</param>
    /// <returns>The type, whose view is the kernel's or a module's; null where there is none.</returns>
    public BtfType? Find(string name, BtfKind kind, string? module = null)
    {
        if (Vmlinux is not { } vmlinux)
        {
            return null;
        }

        if (module is null or "vmlinux" && vmlinux.FindByName(name, kind) is { } id)
        {
            return vmlinux[id];
        }

        if (module == "vmlinux")
        {
            return null;
        }

        foreach (BtfView candidate in Modules)
        {
            // A module's look-up begins with vmlinux, where the name was not found.
            if ((module is null || candidate.Name == module) && candidate.FindByName(name, kind) is { } own && own >= candidate.FirstId)
            {
                return candidate[own];
            }
        }

        return null;
    }

    /// <summary>The descriptor by which the kernel knows the types that a type is from: 0 for its own.</summary>
    public int DescriptorOf(in BtfType type)
    {
        if (ReferenceEquals(type.View, Vmlinux))
        {
            return 0;
        }

        string module = type.View.Name;
        if (!_descriptors.TryGetValue(module, out FileDescriptor? descriptor))
        {
            descriptor = Open(module);
            _descriptors.Add(module, descriptor);
        }

        return descriptor.Number;
    }

    public void Dispose()
    {
        foreach (FileDescriptor descriptor in _descriptors.Values)
        {
            descriptor.Dispose();
        }
    }

    /// <remarks>load_module_btfs in libbpf.c: only a walk over all BTF that the kernel has tells a module's id.</remarks>
    private static FileDescriptor Open(string module)
    {
        byte[] wanted = Bpf.ZeroEnded(module);
        byte* name = stackalloc byte[64];
        uint id = 0;
        while (Bpf.NextId(BpfObjectKind.Btf, id, out id) == Errno.None)
        {
            // One may go while we walk.
            if (Bpf.OpenById(BpfObjectKind.Btf, id, out FileDescriptor? descriptor) != Errno.None)
            {
                continue;
            }

            var info = new BtfInfoRecord { Name = name, NameLength = 64 };
            if (Bpf.Info(descriptor!.Number, ref info) == Errno.None && info.IsKernelBtf != 0 &&
                new ReadOnlySpan<byte>(name, 64).StartsWith(wanted))
            {
                return descriptor;
            }

            descriptor.Dispose();
        }

        throw new BpfException($"the types of kernel module '{module}' are gone: it was unloaded meanwhile, or reading BTF ids takes CAP_SYS_ADMIN", Errno.ENOENT);
    }
}
