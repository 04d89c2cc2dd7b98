using Ebpf.Bytecode.Btf;

namespace Ebpf.Platforms.Linux.Features;

/// <summary>
/// What the running kernel's own types say about what it knows: its enumerations of program types, map types, attach types, helpers. Asked after
/// a refusal, to tell an old kernel from a wrong argument; costs no system call.
/// </summary>
internal static class KernelEnums
{
    /// <summary>Whether an enumeration of the kernel reaches a number; null where the kernel has no type information, or not this enumeration.</summary>
    public static bool? Has(string enumeration, int number)
    {
        if (!BtfView.TryOpenKernel(out BtfView? kernel) || kernel.FindByName(enumeration, BtfKind.Enum) is not { } id)
        {
            return null;
        }

        foreach (BtfEnumerator enumerator in kernel[id].Enumerators)
        {
            // The last one, __MAX_BPF_…, counts those before it.
            if ((int)enumerator.Value == number && !enumerator.Name.StartsWith("__MAX", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    public static bool? HasProgramType(ProgramType type) => Has("bpf_prog_type", (int)type);

    public static bool? HasMapType(MapType type) => Has("bpf_map_type", (int)type);

    public static bool? HasAttachType(AttachType type) => Has("bpf_attach_type", (int)type);

    /// <summary>Whether there is a helper of that number, for whichever type of program.</summary>
    public static bool? HasHelper(int number) => Has("bpf_func_id", number);
}
