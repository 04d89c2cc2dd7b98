using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Loading;

public sealed class ExternTests
{
    [Fact]
    public void Configuration_values_are_the_running_kernels()
    {
        Kernel.Require();
        Assert.SkipUnless(File.Exists("/proc/config.gz") || Directory.EnumerateFiles("/boot", "config-*").Any(), "this kernel shows no configuration");
        using LoadedObject live = TestData.Open("kconfig").Load(Platform.Linux);

        Assert.Equal(6u, live.Programs["reads"].Run().ReturnValue);
    }

    [Fact]
    public void Values_that_the_caller_gives_come_before_the_kernels()
    {
        Kernel.Require();
        var given = new Dictionary<string, string> { ["CONFIG_BPF"] = "n", ["CONFIG_BPF_SYSCALL"] = "n", ["CONFIG_NET"] = "n" };
        using LoadedObject live = TestData.Open("kconfig").Load(Platform.Linux, new LoadOptions { KernelConfig = given });

        Assert.Equal(3u, live.Programs["reads"].Run().ReturnValue);
    }

    [Fact]
    public void Kernel_functions_are_called_and_missing_weak_ones_are_not()
    {
        Kernel.RequireTypes();
        using LoadedObject live = TestData.Open("kfuncs").Load(Platform.Linux);

        Assert.Equal(64u, live.Programs["calls"].Run().ReturnValue);
        Assert.Equal(7u, live.Programs["calls_if_there"].Run().ReturnValue);
    }

    [Fact]
    public void A_call_of_a_missing_kernel_function_is_refused_by_its_name()
    {
        Kernel.RequireTypes();

        VerifierException e = Assert.Throws<VerifierException>(() => TestData.Open("kfuncs").Only("calls_anyway").Load(Platform.Linux));

        Assert.Contains("bpf_no_such_kfunc", e.Message);
    }

    [Fact]
    public void A_later_load_finds_kernel_functions_again()
    {
        Kernel.RequireTypes();
        using LoadedObject live = TestData.Open("kfuncs").Only("calls_if_there").Load(Platform.Linux);

        Assert.Equal(64u, live.LoadProgram("calls").Run().ReturnValue);
    }

    [Fact]
    public void Kernel_symbols_have_addresses_and_missing_weak_ones_have_none()
    {
        Kernel.RequireTypes();
        Assert.SkipUnless(File.ReadLines("/proc/kallsyms").Any(static l => l.EndsWith(" bpf_prog_put", StringComparison.Ordinal)), "this kernel shows no symbols");
        BpfObject obj = TestData.Open("ksyms");
        BpfException? e = null;
        LoadedObject? live = null;
        try
        {
            live = obj.Load(Platform.Linux);
        }
        catch (BpfException missing) when (missing.Errno == Errno.ESRCH)
        {
            // Kernels without CONFIG_KALLSYMS_ALL have no types of variables: the strong one is missing then.
            e = missing;
        }

        using (live)
        {
            if (live is not null)
            {
                Assert.Equal(7u, live.Programs["addresses"].Run().ReturnValue);
            }
            else
            {
                Assert.Contains("bpf_prog_active", e!.Message);
            }
        }
    }
}
