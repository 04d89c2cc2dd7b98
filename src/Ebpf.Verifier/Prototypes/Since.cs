namespace Ebpf.Verifier.Prototypes;

/// <summary>Features of the language and of the kernel's verifier that came after the first version.</summary>
internal enum KernelFeature
{
    /// <summary>Calls of the program's own functions.</summary>
    FunctionCalls,

    /// <summary>Addresses of map values, as global variables have them.</summary>
    GlobalData,

    /// <summary>Comparisons of 32 bits.</summary>
    Jump32,

    /// <summary>Jumps back.</summary>
    BoundedLoops,

    /// <summary>More than 4096 instructions.</summary>
    LargePrograms,

    /// <summary>Functions that are verified by their signature.</summary>
    GlobalFunctions,

    /// <summary>Programs that may sleep.</summary>
    Sleepable,

    /// <summary>Tail calls in programs that also have functions.</summary>
    TailCallsInFunctions,

    /// <summary>Atomic operations other than an addition without result.</summary>
    AtomicOperations,

    /// <summary>Calls of kernel functions.</summary>
    KernelFunctions,

    /// <summary>Functions that helpers call.</summary>
    Callbacks,

    /// <summary>Addresses of kernel variables by their type.</summary>
    KernelSymbols,

    /// <summary>The instructions that clang's -mcpu=v4 uses: sign-extending moves and loads, signed division, unconditional swaps, long jumps.</summary>
    Version4Instructions,

    /// <summary>may_goto.</summary>
    MayGoto,

    /// <summary>Casts between address spaces.</summary>
    Arena,

    /// <summary>Load-acquire and store-release.</summary>
    OrderedAtomics,
}

/// <summary>Since which Linux there is what, from gen/model/since.tsv.</summary>
internal static partial class Since
{
    /// <summary>The version that brought a helper; null where it is not known.</summary>
    public static Version? Of(HelperId helper) => Find(HelperIds, (int)helper);

    /// <summary>The version that brought a type of map.</summary>
    public static Version? Of(MapType map) => Find(MapTypes, (int)map);

    /// <summary>The version that brought a type of program.</summary>
    public static Version? Of(ProgramType program) => Find(ProgramTypes, (int)program);

    /// <summary>The version that brought a feature.</summary>
    public static Version? Of(KernelFeature feature) => Find(KernelFeatures, (int)feature);

    private static Version? Find(ReadOnlySpan<int> rows, int key)
    {
        for (int i = 0; i < rows.Length; i += 2)
        {
            if (rows[i] == key)
                return new Version(rows[i + 1] >> 8, rows[i + 1] & 255);
        }

        return null;
    }
}
