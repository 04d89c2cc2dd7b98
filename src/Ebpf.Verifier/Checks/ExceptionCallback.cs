using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>The function that a program declares for its exceptions, by a tag: <c>exception_callback:NAME</c>.</summary>
/// <remarks>check_btf_info_early, bpf_find_exception_callback_insn_off in the kernel.</remarks>
internal static class ExceptionCallback
{
    private const string Prefix = "exception_callback:";

    /// <summary>The function's index; null where the program has none.</summary>
    internal static int? Find(ProgramSpec program, ProgramShape shape)
    {
        uint main = shape.Functions[0].TypeId;
        if (program.Types is not { } types || main == 0)
            return null;
        foreach (BtfType tag in types.DeclTags(main))
        {
            if (!tag.Name.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            for (int i = 0; i < shape.Functions.Length; i++)
            {
                if (shape.Functions[i].Name == tag.Name[Prefix.Length..])
                    return i;
            }
        }

        return null;
    }
}
