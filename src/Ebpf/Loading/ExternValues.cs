using System.Collections.Immutable;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Platforms;

namespace Ebpf.Loading;

/// <summary>What the externs of an object stand for in one load.</summary>
internal sealed class ExternValues
{
    /// <summary>What each extern is, by its position in the object.</summary>
    public required ImmutableArray<ExternValue> Values { get; init; }

    /// <summary>The value of the .kconfig map.</summary>
    public required byte[] KconfigData { get; init; }

    /// <summary>Finds a value for every extern. One that is not weak and has none fails the load, also where only skipped programs use it.</summary>
    /// <remarks>bpf_object__resolve_externs in libbpf.c.</remarks>
    public static ExternValues Resolve(ObjectImage image, LoadOptions options, IPlatformLoad load, string objectName)
    {
        var values = new ExternValue[image.Externs.Length];
        int size = 0;
        foreach (ExternImage needed in image.Externs)
        {
            if (needed.Kind == ExternKind.Kconfig)
            {
                size = Math.Max(size, checked((int)(needed.Offset + needed.Size)));
            }
        }

        if (size > options.Limits.MapBytes)
        {
            throw new BpfException($"{objectName}: its kernel configuration values take {size} bytes, and LoadLimits.MapBytes is {options.Limits.MapBytes}", Errno.ENOMEM);
        }

        byte[] data = new byte[size];
        var config = new KernelConfig(options.KernelConfig, load);
        for (int i = 0; i < values.Length; i++)
        {
            ExternImage needed = image.Externs[i];
            ExternValue value = needed.Kind switch
            {
                ExternKind.Kconfig => config.TryWrite(needed, data.AsSpan((int)needed.Offset, (int)needed.Size), objectName) ? ExternValue.Resolved : ExternValue.Unresolved,
                // The compiler's own calls, for which the linker has helpers.
                ExternKind.LibraryFunction => ExternValue.Resolved,
                ExternKind.KernelSymbol or ExternKind.KernelFunction => load.Resolve(needed),
                _ => ExternValue.Unresolved,
            };
            if (!value.IsResolved && !needed.IsWeak)
            {
                throw new BpfException($"{objectName}: {Describe(needed)} '{needed.Name}' is not there, and is not declared __weak{Advice(needed)}", Errno.ESRCH);
            }

            values[i] = value;
        }

        return new ExternValues { Values = [.. values], KconfigData = data };
    }

    /// <summary>The same values in a later load of the same object: what a kernel's symbols are is good for one load only.</summary>
    public ExternValues Again(ObjectImage image, IPlatformLoad load) => new()
    {
        Values = [.. Values.Select((value, i) =>
            value.IsResolved && image.Externs[i].Kind is (ExternKind.KernelSymbol or ExternKind.KernelFunction) ? load.Resolve(image.Externs[i]) : value)],
        KconfigData = KconfigData,
    };

    private static string Describe(ExternImage needed) => needed.Kind switch
    {
        ExternKind.Kconfig => "the kernel configuration value",
        ExternKind.KernelSymbol => "the kernel symbol",
        ExternKind.KernelFunction => "the kernel function",
        _ => "the extern",
    };

    private static string Advice(ExternImage needed) => needed.Kind == ExternKind.Kconfig ? ": give it in LoadOptions.KernelConfig" : "";
}
