using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Links;
using Ebpf.Platforms.Linux.Maps;

namespace Ebpf.Native;

/// <content>Tables of functions that replace functions of the kernel.</content>
internal static unsafe partial class Libbpf
{
    public static nint bpf_map__attach_struct_ops(nint map)
    {
        NativeMap source = Map(map);
        if (!source.IsStructOps)
        {
            Print.Warn($"map '{source.Spec.Name}': can't attach non-struct_ops map\n");
            return Answer.Null(Errno.EINVAL);
        }

        if (source.Fd < 0)
        {
            Print.Warn($"map '{source.Spec.Name}': can't attach BPF map without FD (was it created?)\n");
            return Answer.Null(Errno.EINVAL);
        }

        if (source.Handled is not LinuxMapHandle table)
        {
            return Answer.Null(Errno.EOPNOTSUPP);
        }

        var functions = new List<(string, IProgramHandle)>();
        foreach (Bytecode.Objects.StructOpsFunction function in source.Spec.Image.StructOpsFunctions)
        {
            string name = source.Owner.Spec.Image.Functions[function.Program].Name;
            if (source.Owner.Programs.FirstOrDefault(p => p.Spec.Name == name)?.Handled is { } program)
            {
                functions.Add((function.Member, program));
            }
        }

        ILinkHandle made = StructOpsLink.Attach(table, functions);
        return new NativeLink(made.Fd ?? -1, () =>
        {
            made.Dispose();
            return 0;
        }).Handle;
    }
}
