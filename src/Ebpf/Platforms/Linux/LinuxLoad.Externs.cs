using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Relocation;
using Ebpf.Platforms.Linux.Features;
using Ebpf.Platforms.Linux.Types;

namespace Ebpf.Platforms.Linux;

/// <content>What an object leaves to the kernel to define.</content>
/// <remarks>bpf_object__resolve_externs in libbpf.c.</remarks>
internal sealed partial class LinuxLoad
{
    private readonly Dictionary<string, BtfType> _functions = new(StringComparer.Ordinal);
    private Dictionary<string, ulong>? _symbols;

    public string? ConfigValue(string name) => KernelConfigFile.Running?.GetValueOrDefault(name);

    public ulong? VirtualValue(string name) => name switch
    {
        "LINUX_KERNEL_VERSION" => KernelVersion.Running,
        // Cookies came with bpf_get_attach_cookie.
        "LINUX_HAS_BPF_COOKIE" => KernelEnums.HasHelper((int)HelperId.GetAttachCookie) ?? KernelVersion.Running >= KernelVersion.Number(5, 15, 0) ? 1UL : 0,
        // ARCH_HAS_SYSCALL_WRAPPER: since 4.17 on x86 and 4.19 on arm64, older than what .NET runs on.
        "LINUX_HAS_SYSCALL_WRAPPER" => 1,
        _ => null,
    };

    public ExternValue Resolve(ExternImage needed) => needed switch
    {
        { Kind: ExternKind.KernelFunction } => Function(needed),
        { TargetTypeId: not 0 } => Variable(needed),
        _ => Address(needed),
    };

    /// <summary>The kernel's function of a name that <see cref="Resolve"/> found.</summary>
    private BtfType KernelFunction(string name) => _functions[name];

    private ExternValue Function(ExternImage needed)
    {
        if (_kernel.Find(needed.EssentialName, BtfKind.Func) is not { } function)
        {
            return ExternValue.Unresolved;
        }

        if (!AreCompatible(needed, function.View, function.ReferencedType))
        {
            return needed.IsWeak
                ? ExternValue.Unresolved
                : throw new BpfException($"{image.FileName}: the kernel function '{needed.EssentialName}' in {function.View.Name} has another signature than the object declares", Errno.EINVAL);
        }

        _functions[needed.EssentialName] = function;
        return new ExternValue(true, KernelType: function.Id, ModuleFd: _kernel.DescriptorOf(function));
    }

    private ExternValue Variable(ExternImage needed)
    {
        if (_kernel.Find(needed.Name, BtfKind.Var) is not { } variable)
        {
            return ExternValue.Unresolved;
        }

        return AreCompatible(needed, variable.View, variable.ReferencedType)
            ? new ExternValue(true, KernelType: variable.Id, ModuleFd: _kernel.DescriptorOf(variable))
            : throw new BpfException($"{image.FileName}: the kernel symbol '{needed.Name}' is of another type than the object declares", Errno.EINVAL);
    }

    private ExternValue Address(ExternImage needed)
    {
        _symbols ??= KernelSymbols.Find(image.Externs.Where(static e => e is { Kind: ExternKind.KernelSymbol, TargetTypeId: 0 }).Select(static e => e.Name).ToHashSet());
        return _symbols.TryGetValue(needed.Name, out ulong address) ? new ExternValue(true, Address: address) : ExternValue.Unresolved;
    }

    private bool AreCompatible(ExternImage needed, BtfView kernel, uint type) =>
        new CoreTypeRules(new CoreBudget()).TypesAreCompatible(image.Types!, needed.TargetTypeId, kernel, type);
}
