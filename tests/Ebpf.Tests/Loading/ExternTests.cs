namespace Ebpf.Tests.Loading;

public sealed class ExternTests
{
    private static readonly Dictionary<string, string> s_everything = new()
    {
        ["CONFIG_BPF"] = "y",
        ["CONFIG_NET"] = "y",
        ["CONFIG_BPF_SYSCALL"] = "y",
        ["CONFIG_NR_CPUS"] = "64",
        ["CONFIG_PAGE_OFFSET"] = "0xffff888000000000",
        ["CONFIG_DEFAULT_HOSTNAME"] = "\"(none)\"",
    };

    [Fact]
    public void Configuration_values_come_from_the_options_and_the_kernel_version_has_a_default()
    {
        BpfObject obj = TestData.Open("kconfig");
        obj.Programs["reads_more"].AutoLoad = true;

        using LoadedObject live = obj.Load(new LoadOptions { KernelConfig = s_everything });

        Assert.Equal(6u, live.Programs["reads"].Run().ReturnValue);
        Assert.Equal(64u + 0xf + '(' + 1, live.Programs["reads_more"].Run().ReturnValue);
    }

    [Fact]
    public void A_strong_value_that_is_not_given_fails_the_load_and_says_where_to_give_it()
    {
        BpfException e = Assert.Throws<BpfException>(() => TestData.Open("kconfig_strong").Load());

        Assert.Equal(Errno.ESRCH, e.Errno);
        Assert.Contains("CONFIG_NO_SUCH_NUMBER", e.Message, StringComparison.Ordinal);
        Assert.Contains("LoadOptions.KernelConfig", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CONFIG_BPF", "maybe")]
    [InlineData("CONFIG_BPF", "m")]
    [InlineData("CONFIG_NET", "2")]
    [InlineData("CONFIG_NR_CPUS", "many")]
    [InlineData("CONFIG_NR_CPUS", "4294967296")]
    [InlineData("LINUX_KERNEL_VERSION", "6.1")]
    public void A_value_that_does_not_fit_its_declaration_is_refused(string name, string value)
    {
        var config = new Dictionary<string, string>(s_everything) { [name] = value };

        BpfException e = Assert.Throws<BpfException>(() => TestData.Open("kconfig").Load(new LoadOptions { KernelConfig = config }));

        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains($"{name}={value}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernel_version_can_be_chosen()
    {
        var config = new Dictionary<string, string>(s_everything) { ["LINUX_KERNEL_VERSION"] = "0x040e00" };

        using LoadedObject live = TestData.Open("kconfig").Load(new LoadOptions { KernelConfig = config });

        Assert.Equal(5u, live.Programs["reads"].Run().ReturnValue);
    }
}
