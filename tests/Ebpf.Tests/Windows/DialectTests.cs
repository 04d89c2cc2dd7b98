namespace Ebpf.Tests.Windows;

/// <summary>What eBPF for Windows' dialect means for loading and verifying.</summary>
public sealed class DialectTests
{
    private const string Object = "windows_tail_calls";

    /// <remarks>_test_program_autoload in tests/unit/libbpf_test.cpp of eBPF for Windows, whose fd of a program that is not loaded is -1; libbpf's is -ENOENT.</remarks>
    [Theory]
    [InlineData(-1)]
    [InlineData(-(int)Errno.ENOENT)]
    public void Its_own_test_of_autoload_passes_with_its_fds_and_with_libbpfs(int missing)
    {
        BpfObject obj = TestData.Open(Object).Only("caller", "callee");
        BpfProgramSpec caller = obj.Programs["caller"], callee = obj.Programs["callee"];
        Assert.True(caller.AutoLoad);
        Assert.True(callee.AutoLoad);
        caller.AutoLoad = false;
        Assert.False(caller.AutoLoad);
        Assert.True(callee.AutoLoad);

        using LoadedObject live = obj.Load();

        Assert.Equal(missing, Fd("caller"));
        Assert.True(!OperatingSystem.IsLinux() || Fd("callee") > 0);
        Assert.Equal(Dialect.Windows, live.Dialect);

        int Fd(string program) => live.Programs.Contains(program) ? live.Programs[program].Fd ?? 0 : missing;
    }

    [Fact]
    public void A_tail_call_goes_to_the_program_in_the_slot_and_fails_with_that_systems_result()
    {
        using LoadedObject live = TestData.Open(Object).Only("caller", "callee").Load();

        Assert.Equal((-6 << 16) | 6, (int)live.Programs["caller"].Run().ReturnValue);
        live.Maps["programs"].Update([9, 0, 0, 0], live.Programs["callee"]);
        Assert.Equal(42u, live.Programs["caller"].Run().ReturnValue);
    }

    [Fact]
    public void After_33_tail_calls_there_are_no_more()
    {
        using LoadedObject live = TestData.Open(Object).Only("endless").Load();
        live.Maps["programs"].Update([0, 0, 0, 0], live.Programs["endless"]);

        Assert.Equal(-27, (int)live.Programs["endless"].Run().ReturnValue);
    }

    [Fact]
    public void The_whole_packet_may_be_given_to_a_helper_and_no_more_than_that()
    {
        BpfObject obj = TestData.Open(Object);
        Dictionary<string, bool> accepted = obj.Verify().ToDictionary(static v => v.Program, static v => v.IsAccepted);

        Assert.True(accepted["whole"]);
        Assert.False(accepted["more_than_whole"]);
        Assert.False(accepted["past_the_end"]);
    }

    [Fact]
    public void Data_comes_whole_into_a_ring_buffer()
    {
        using LoadedObject live = TestData.Open(Object).Only("whole").Load();
        byte[] data = [1, 2, 3, 4, 5];

        Assert.Equal(0, (int)live.Programs["whole"].Run(new SampleContext { Bytes = data }).Run.ReturnValue);
        Assert.Equal(-1, (int)live.Programs["whole"].Run(new SampleContext()).Run.ReturnValue);
    }
}
