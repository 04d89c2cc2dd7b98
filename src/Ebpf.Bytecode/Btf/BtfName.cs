using System.Runtime.CompilerServices;

namespace Ebpf.Bytecode.Btf;

/// <summary>Names with flavours: <c>task_struct___old</c> stands for <c>task_struct</c>.</summary>
internal static class BtfName
{
    /// <summary>A name without the flavour after its last three underscores that stand between two other characters.</summary>
    // Asked once for each type of a kernel when its names are indexed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ReadOnlySpan<byte> Essential(ReadOnlySpan<byte> name)
    {
        for (int i = name.Length - 5; i >= 0; i--)
        {
            if (name[i] != '_' && name[i + 1] == '_' && name[i + 2] == '_' && name[i + 3] == '_' && name[i + 4] != '_')
                return name[..(i + 1)];
        }

        return name;
    }
}
