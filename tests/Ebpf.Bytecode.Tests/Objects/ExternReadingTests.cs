using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

public class ExternReadingTests
{
    [Fact]
    public void Configuration_values_are_laid_out_by_falling_alignment_then_rising_size()
    {
        ObjectImage image = TestObjects.Read("kconfig");

        Assert.Equal(
            [
                ("CONFIG_PAGE_OFFSET", 0u, KconfigKind.Integer), ("CONFIG_NET", 8, KconfigKind.Tristate), ("CONFIG_NO_SUCH_CHOICE", 12, KconfigKind.Tristate),
                ("CONFIG_NO_SUCH_NUMBER", 16, KconfigKind.Integer), ("CONFIG_NR_CPUS", 20, KconfigKind.Integer), ("LINUX_KERNEL_VERSION", 24, KconfigKind.Integer),
                ("CONFIG_BPF", 28, KconfigKind.Boolean), ("CONFIG_BPF_SYSCALL", 29, KconfigKind.Character), ("LINUX_HAS_SYSCALL_WRAPPER", 30, KconfigKind.Boolean),
                ("CONFIG_DEFAULT_HOSTNAME", 31, KconfigKind.CharacterArray),
            ],
            image.Externs.Select(e => (e.Name, e.Offset, e.Kconfig)));
        MapImage map = Assert.Single(image.Maps);
        Assert.Equal(("kconfig.kconfig", MapKind.Kconfig, 47u), (map.Name, map.Kind, map.ValueSize));
        Assert.Equal(MapFlags.ReadOnlyProgram | MapFlags.Mmapable, map.Flags);
    }

    [Fact]
    public void Weak_and_strong_externs_are_told_apart()
    {
        Assert.False(Assert.Single(TestObjects.Read("kconfig_strong").Externs).IsWeak);
        Assert.True(TestObjects.Read("kfuncs").Externs.Single(e => e.Name == "bpf_no_such_kfunc").IsWeak);
    }

    [Fact]
    public void Kernel_symbols_have_a_type_or_void()
    {
        ObjectImage image = TestObjects.Read("ksyms");

        Assert.All(image.Externs, e => Assert.Equal(ExternKind.KernelSymbol, e.Kind));
        Assert.Equal(["bpf_prog_put", "no_such_symbol"], image.Externs.Where(e => e.TargetTypeId == 0).Select(e => e.Name));
        Assert.Equal("rq", image.Types![image.Externs.Single(e => e.Name == "runqueues").TargetTypeId].Name);
    }

    [Fact]
    public void Kernel_functions_are_known_by_their_prototypes()
    {
        ObjectImage image = TestObjects.Read("kfuncs");

        Assert.All(image.Externs, e => Assert.Equal(ExternKind.KernelFunction, e.Kind));
        Assert.All(image.Externs, e => Assert.Equal(e.Name, image.Types![e.TypeId].Name));
    }

    [Fact]
    public void Library_functions_stand_for_helpers()
    {
        Assert.Equal(
            [("memcpy", HelperId.LibraryMemcpy), ("memmove", HelperId.LibraryMemmove), ("memset", HelperId.LibraryMemset)],
            TestObjects.Read("libcalls").Externs.Select(e => (e.Name, e.LibraryFunction)));
    }

    [Fact]
    public void An_extern_of_which_nothing_is_known_opens()
    {
        ExternImage unknown = Assert.Single(TestObjects.Read("undefined_call").Externs);

        Assert.Equal((ExternKind.Unknown, false), (unknown.Kind, unknown.IsWeak));
    }
}
