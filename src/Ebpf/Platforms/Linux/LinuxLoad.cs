using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Platforms.Linux.Types;

namespace Ebpf.Platforms.Linux;

/// <summary>
/// One load of an object into the kernel: the object's types there, the kernel's own types, and the descriptors of modules, for as long as it takes.
/// Each is made when it is first needed.
/// </summary>
internal sealed partial class LinuxLoad(ObjectImage image) : IPlatformLoad
{
    private readonly KernelModules _kernel = new();
    private FileDescriptor? _types;
    private BpfException? _typesRefused;
    private bool _areTypesLoaded;

    public BtfView? KernelTypes => _kernel.Vmlinux;

    public IReadOnlyList<BtfView> ModuleTypes => _kernel.Modules;

    public void End()
    {
        _kernel.Dispose();
        _types?.Dispose();
    }

    /// <summary>
    /// The kernel's copy of the object's types; null where the object has none, or the kernel refuses them: most objects do without, those that do not
    /// fail where they need them.
    /// </summary>
    private FileDescriptor? ObjectTypes
    {
        get
        {
            if (!_areTypesLoaded)
            {
                _areTypesLoaded = true;
                try
                {
                    _types = ObjectBtf.Load(image);
                }
                catch (BpfException e)
                {
                    _typesRefused = e;
                }
            }

            return _types;
        }
    }

    /// <summary>What to add to a message where it matters that the kernel refused the object's types, and not for the same reason.</summary>
    private string TypesNote(Errno errno) => _typesRefused is { } refused && refused.Errno != errno ? $" (and {refused.Message})" : "";
}
