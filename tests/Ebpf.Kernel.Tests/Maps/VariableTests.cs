using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Maps;

public sealed class VariableTests
{
    [Fact]
    public void Variables_are_read_where_programs_write_them()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("writes").Load(Platform.Linux);
        ulong before = live.Variables["big"].Get<ulong>();

        for (int i = 1; i <= 3; i++)
        {
            Assert.Equal((uint)i, live.Programs["writes"].Run().ReturnValue);
            Assert.Equal((ulong)i, live.Variables["counter"].Get<ulong>());
        }

        Assert.Equal(before + 3, live.Variables["big"].Get<ulong>());
    }

    [Fact]
    public void A_variable_that_is_set_in_the_loaded_object_is_what_programs_read()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("writes").Load(Platform.Linux);

        live.Variables["counter"].Set(41UL);

        Assert.Equal(42u, live.Programs["writes"].Run().ReturnValue);
    }

    [Fact]
    public void Variables_that_were_set_before_loading_are_there()
    {
        Kernel.Require();
        BpfObject obj = TestData.Open("globals").Only("reads_constants");
        obj.Variables["limit"].Set(1000u);

        using LoadedObject live = obj.Load(Platform.Linux);

        Assert.Equal(1000u - 5 + 2 + 3 + 5, live.Programs["reads_constants"].Run().ReturnValue);
    }

    [Fact]
    public void Constants_cannot_be_changed_once_they_are_loaded()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("reads_constants").Load(Platform.Linux);

        BpfException e = Assert.Throws<BpfException>(() => live.Variables["limit"].Set(7u));

        Assert.Equal(Errno.EPERM, e.Errno);
        Assert.Equal(100u, live.Variables["limit"].Get<uint>());
    }

    [Fact]
    public void Variables_without_any_seen_from_outside_are_read_and_written_too()
    {
        Kernel.Require();
        using LoadedObject live = TestData.Open("globals").Only("custom_sections").Load(Platform.Linux);

        Assert.Equal(77u + 1 + 88, live.Programs["custom_sections"].Run().ReturnValue);
        Assert.Equal(78u, live.Variables["in_data"].Get<uint>());
    }
}
