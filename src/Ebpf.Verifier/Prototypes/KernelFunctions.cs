namespace Ebpf.Verifier.Prototypes;

/// <summary>What the kernel says of a function that programs may call, beyond its prototype.</summary>
/// <remarks>KF_* in include/linux/btf.h.</remarks>
[Flags]
internal enum KernelFunctionFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its result is a reference that must be given back.</summary>
    Acquire = 1,

    /// <summary>It takes a reference back.</summary>
    Release = 2,

    /// <summary>Its result may be null.</summary>
    RetNull = 4,

    /// <summary>Its arguments may be protected by RCU instead of a reference.</summary>
    Rcu = 8,

    /// <summary>It is called, and its result lives, in an RCU read-side critical section.</summary>
    RcuProtected = 16,

    /// <summary>It may sleep.</summary>
    Sleepable = 32,

    /// <summary>It begins an iteration.</summary>
    IterNew = 64,

    /// <summary>It gives the next element of an iteration.</summary>
    IterNext = 128,

    /// <summary>It ends an iteration.</summary>
    IterDestroy = 256,

    /// <summary>It may take the machine down.</summary>
    Destructive = 512,

    /// <summary>Its last arguments are given by the kernel.</summary>
    ImplicitArgs = 1024,
}

/// <summary>A kernel function that programs may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Flags">What the kernel says of it.</param>
/// <param name="Callers">Which programs may call it.</param>
internal sealed record KernelFunction(string Name, KernelFunctionFlags Flags, Callers Callers)
{
    /// <summary>Whether the kernel says so of it.</summary>
    public bool Has(KernelFunctionFlags flag) => (Flags & flag) != 0;
}

/// <summary>The kernel functions that programs may call, from gen/model/kernel_functions.tsv.</summary>
internal static partial class KernelFunctions
{
    private const int RowLength = 2;

    // Made when first asked for: most programs call none.
    private static readonly Lazy<Dictionary<string, KernelFunction>> ByName = new(Read);

    /// <summary>The function of a name, a flavour (<c>___x</c>) left out; null where no such function is known.</summary>
    public static KernelFunction? Find(string name) => ByName.Value.GetValueOrDefault(WithoutFlavor(name));

    /// <summary>A name without its flavour.</summary>
    public static string WithoutFlavor(string name) => name.IndexOf("___", StringComparison.Ordinal) is > 0 and int at ? name[..at] : name;

    private static Dictionary<string, KernelFunction> Read()
    {
        Dictionary<string, KernelFunction> functions = new(StringComparer.Ordinal);
        ReadOnlySpan<char> names = Names;
        for (int row = 0; !names.IsEmpty; row++)
        {
            int end = names.IndexOf('\n');
            string name = names[..end].ToString();
            functions.Add(name, new KernelFunction(name, (KernelFunctionFlags)Rows[row * RowLength], CallerSets[Rows[row * RowLength + 1]]));
            names = names[(end + 1)..];
        }

        return functions;
    }
}
