namespace Ebpf.Tests.Maps;

public sealed class LiveVariableTests
{
    [Fact]
    public void A_program_reads_what_was_set_before_the_load_and_what_is_set_after()
    {
        BpfObject obj = TestData.Open("globals");
        obj.Variables["answer"].Set(1000);
        using LoadedObject live = obj.Load();
        uint before = live.Programs["reads"].Run().ReturnValue;

        live.Variables["answer"].Set(1001);

        Assert.Equal(before + 1, live.Programs["reads"].Run().ReturnValue);
        Assert.Equal("1001", live.Variables["answer"].Text);
    }

    [Fact]
    public void The_host_sees_what_a_program_writes()
    {
        using LoadedObject live = TestData.Open("globals").Load();

        live.Programs["writes"].Run(new RunOptions { Repeat = 5 });

        Assert.Equal(5UL, live.Variables["counter"].Get<ulong>());
        Assert.Equal(0x1122334455667788UL + 5, live.Variables["big"].Get<ulong>());
        Assert.Equal(15u, BitConverter.ToUInt32(live.Variables["history"].GetBytes().AsSpan(5 * 4)));
    }

    [Fact]
    public void Constants_are_set_before_the_load_only()
    {
        BpfObject obj = TestData.Open("globals");
        obj.Variables["limit"].SetText("200");
        obj.Variables["verbose"].SetText("false");
        using LoadedObject live = obj.Load();

        Assert.Equal(205u, live.Programs["reads_constants"].Run().ReturnValue);
        BpfException e = Assert.Throws<BpfException>(() => live.Variables["limit"].Set(1u));
        Assert.Equal(Errno.EPERM, e.Errno);
        Assert.Contains("before Load", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_in_sections_of_their_own_are_variables_too()
    {
        using LoadedObject live = TestData.Open("globals").Load();

        Assert.Equal(77u + 88 + 1, live.Programs["custom_sections"].Run().ReturnValue);
        Assert.Equal(1u, live.Variables["in_bss"].Get<uint>());
        live.Variables["in_data"].SetText("0");
        Assert.Equal(0u + 2 + 88, live.Programs["custom_sections"].Run().ReturnValue);
    }

    [Fact]
    public void A_variable_whose_map_is_left_out_is_not_there()
    {
        using LoadedObject live = TestData.Open("globals").Only("reads_constants").Load(new LoadOptions { UnusedMaps = UnusedMaps.Skip });

        Assert.True(live.Variables.Contains("limit"));
        Assert.False(live.Variables.Contains("answer"));
    }
}
