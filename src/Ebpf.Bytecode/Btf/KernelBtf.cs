namespace Ebpf.Bytecode.Btf;

/// <summary>Type information of the running kernel, below /sys/kernel/btf.</summary>
/// <remarks>
/// It does not change while the kernel runs, so one view serves the process for as long as somebody uses it. The file is mapped where the kernel
/// allows it (since 6.16), which costs no memory, and such a mapping is kept: views hand out spans into it. Otherwise the file is read.
/// </remarks>
internal static class KernelBtf
{
    private const string Directory = "/sys/kernel/btf/";
    private const string Vmlinux = Directory + "vmlinux";

    private static readonly Lock s_lock = new();
    private static readonly WeakReference<BtfView?> s_view = new(null);
    private static ReadOnlyMemory<byte> s_mapped;

    public static bool Exists => OperatingSystem.IsLinux() && File.Exists(Vmlinux);

    public static BtfView Open()
    {
        if (!OperatingSystem.IsLinux())
            throw new BpfException("there is no Linux kernel to take type information from; give a BTF file instead", Errno.EOPNOTSUPP);

        lock (s_lock)
        {
            if (s_view.TryGetTarget(out BtfView? view))
                return view;
            if (!File.Exists(Vmlinux))
                throw new BpfException($"the running kernel has no type information ({Vmlinux}); it needs Linux 5.4 or later, built with CONFIG_DEBUG_INFO_BTF", Errno.ENOENT);
            if (s_mapped.IsEmpty)
                s_mapped = MappedMemory.TryMap(Vmlinux);

            view = BtfView.Read(s_mapped.IsEmpty ? InputFile.Read(Vmlinux) : s_mapped, "vmlinux");
            s_view.SetTarget(view);
            return view;
        }
    }

    /// <summary>All modules that have type information, by name.</summary>
    public static IReadOnlyList<BtfView> OpenModules() =>
    [
        .. System.IO.Directory.EnumerateFiles(Directory)
            .Where(path => path != Vmlinux)
            .Order(StringComparer.Ordinal)
            .Select(path => OpenModule(Path.GetFileName(path))),
    ];

    public static BtfView OpenModule(string module)
    {
        string path = Directory + module;
        if (module.Contains('/') || !File.Exists(path))
            throw new BpfException($"there is no type information of a kernel module '{module}'; it must be loaded, and the kernel 5.11 or later", Errno.ENOENT);
        return BtfView.Read(InputFile.Read(path), module, Open());
    }
}
