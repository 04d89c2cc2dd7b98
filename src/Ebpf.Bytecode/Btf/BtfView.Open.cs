using System.Diagnostics.CodeAnalysis;
using Ebpf.Bytecode.Elf;

namespace Ebpf.Bytecode.Btf;

public sealed partial class BtfView
{
    /// <summary>Reads a file: type information alone, or an ELF file that has it in a section <c>.BTF</c>.</summary>
    /// <exception cref="BpfException">The file cannot be read, has no type information, or is damaged.</exception>
    public static BtfView Open(string path, BtfView? @base = null)
    {
        ReadOnlyMemory<byte> bytes = InputFile.Read(path);
        if (!bytes.Span.StartsWith((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F']))
            return Read(bytes, path, @base);

        ElfSection section = ElfFile.Read(bytes, path).FindSection(".BTF")
            ?? throw new BpfException($"{path}: has no section .BTF; compile with -g", Errno.ENOENT);
        return Read(section.Data, path + ": .BTF", @base);
    }

    /// <summary>The running kernel's type information.</summary>
    /// <exception cref="BpfException">The system is not Linux, or its kernel has none (it needs 5.4 and CONFIG_DEBUG_INFO_BTF).</exception>
    public static BtfView OpenKernel() => KernelBtf.Open();

    /// <summary>The running kernel's type information, if there is any.</summary>
    public static bool TryOpenKernel([NotNullWhen(true)] out BtfView? kernel)
    {
        kernel = KernelBtf.Exists ? KernelBtf.Open() : null;
        return kernel is not null;
    }

    /// <summary>The type information of a module of the running kernel; it continues <see cref="OpenKernel"/>'s.</summary>
    /// <exception cref="BpfException">There is no such module, or it has no type information (it needs kernel 5.11).</exception>
    public static BtfView OpenKernelModule(string module) => KernelBtf.OpenModule(module);

    /// <summary>The type information of all loaded modules of the running kernel that have any; each continues <see cref="OpenKernel"/>'s.</summary>
    /// <exception cref="BpfException">The system is not Linux, or its kernel has no type information.</exception>
    public static IReadOnlyList<BtfView> OpenKernelModules()
    {
        OpenKernel();
        return KernelBtf.OpenModules();
    }
}
