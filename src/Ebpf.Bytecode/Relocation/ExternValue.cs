namespace Ebpf.Bytecode.Relocation;

/// <summary>What an extern turned out to be where the object is loaded.</summary>
/// <param name="IsResolved">Whether it exists there.</param>
/// <param name="Address">The address of a kernel symbol without type.</param>
/// <param name="KernelType">The BTF id there of a kernel symbol or function with type.</param>
/// <param name="ModuleFd">The fd of the kernel module's BTF that the id is in; 0 for vmlinux.</param>
internal readonly record struct ExternValue(bool IsResolved, ulong Address = 0, uint KernelType = 0, int ModuleFd = 0)
{
    /// <summary>It does not exist there.</summary>
    public static ExternValue Unresolved => default;

    /// <summary>It exists there, and there is nothing more to know: a configuration value, a function that is called by name.</summary>
    public static ExternValue Resolved => new(true);
}
