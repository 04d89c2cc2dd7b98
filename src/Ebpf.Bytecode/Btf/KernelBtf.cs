namespace Ebpf.Bytecode.Btf;

/// <summary>Type information of the running kernel, below /sys/kernel/btf.</summary>
/// <remarks>
/// It does not change while the kernel runs, so one view serves the process for as long as somebody uses it, and two full collections longer: who loads
/// object after object does not index a hundred thousand types each time. The file is mapped where the kernel allows it (since 6.16), which costs no
/// memory, and such a mapping is kept: views hand out spans into it. Otherwise the file is read.
/// </remarks>
internal static class KernelBtf
{
    private const string Directory = "/sys/kernel/btf/";
    private const string Vmlinux = Directory + "vmlinux";

    private static readonly Lock s_lock = new();
    private static readonly WeakReference<BtfView?> s_view = new(null);
    private static ReadOnlyMemory<byte> s_mapped;
    private static BtfView? s_kept;
    private static bool s_wasUsed;

    public static bool Exists => OperatingSystem.IsLinux() && File.Exists(Vmlinux);

    public static BtfView Open()
    {
        if (!OperatingSystem.IsLinux())
            throw new BpfException("there is no Linux kernel to take type information from; give a BTF file instead", Errno.EOPNOTSUPP);

        lock (s_lock)
        {
            if (s_view.TryGetTarget(out BtfView? view))
            {
                Keep(view);
                return view;
            }

            if (!File.Exists(Vmlinux))
                throw new BpfException($"the running kernel has no type information ({Vmlinux}); it needs Linux 5.4 or later, built with CONFIG_DEBUG_INFO_BTF", Errno.ENOENT);
            if (s_mapped.IsEmpty)
                s_mapped = MappedMemory.TryMap(Vmlinux);

            view = BtfView.Read(s_mapped.IsEmpty ? InputFile.Read(Vmlinux) : s_mapped, "vmlinux");
            s_view.SetTarget(view);
            Keep(view);
            return view;
        }
    }

    private static void Keep(BtfView view)
    {
        s_wasUsed = true;
        if (s_kept is null)
            _ = new Keeper();
        s_kept = view;
    }

    /// <summary>Lets the kept view go when nobody asked for it between two full collections.</summary>
    private sealed class Keeper
    {
        ~Keeper()
        {
            lock (s_lock)
            {
                if (GC.GetGeneration(this) < GC.MaxGeneration || s_wasUsed)
                {
                    s_wasUsed &= GC.GetGeneration(this) < GC.MaxGeneration;
                    GC.ReRegisterForFinalize(this);
                }
                else
                {
                    s_kept = null;
                }
            }
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
