using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Relocation;

/// <summary>Finds the function that a program names as the one to call when it throws (<c>__exception_cb</c>).</summary>
/// <remarks>bpf_prog_assign_exc_cb in libbpf.c: a declaration tag <c>exception_callback:NAME</c> on the program.</remarks>
internal sealed class ExceptionCallbacks
{
    private readonly ObjectImage _image;
    private readonly List<(BtfType Target, string Callback)> _tags = [];

    public ExceptionCallbacks(ObjectImage image)
    {
        _image = image;
        if (image.Types is not { } types)
            return;

        ReadOnlySpan<byte> prefix = "exception_callback:"u8;
        foreach (BtfType type in types.Types)
        {
            if (type.Kind == BtfKind.DeclTag && type.ComponentIndex == -1 && type.NameBytes.StartsWith(prefix))
                _tags.Add((types[type.ReferencedType], Encoding.UTF8.GetString(type.NameBytes[prefix.Length..])));
        }
    }

    /// <summary>The program's callback; null where it has none, or more than one, which the verifier refuses.</summary>
    /// <exception cref="BpfException">A callback is named that does not exist, or cannot be one.</exception>
    public FunctionImage? Of(FunctionImage program)
    {
        FunctionImage? found = null;
        foreach ((BtfType target, string callback) in _tags)
        {
            if (target.Kind != BtfKind.Func || target.Linkage != BtfLinkage.Global)
                throw Refuse(program, Errno.EINVAL, $"an exception callback '{callback}' is named by {target}, which is no program");
            if (target.Name != program.Name)
                continue;
            if (found is not null)
                return null;
            found = Find(program, callback);
        }

        return found;
    }

    private FunctionImage Find(FunctionImage program, string callback)
    {
        if (callback.Length == 0)
            throw Refuse(program, Errno.EINVAL, "its exception callback has no name");

        FunctionImage? found = null;
        foreach (FunctionImage function in _image.Subprograms)
        {
            if (function.Name != callback)
                continue;
            if (!function.IsGlobal)
                throw Refuse(program, Errno.EINVAL, $"its exception callback '{callback}' must be neither static nor hidden");
            found ??= function;
        }

        return found ?? throw Refuse(program, Errno.ENOENT, $"its exception callback '{callback}' does not exist");
    }

    private BpfException Refuse(FunctionImage program, Errno errno, string message) =>
        new($"{_image.FileName}: program '{program.Name}': {message}", errno) { Program = program.Name };
}
