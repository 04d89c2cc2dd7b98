namespace Ebpf.Tests.Loading;

public sealed class LimitTests
{
    [Fact]
    public void More_programs_than_allowed_are_refused()
    {
        BpfObject obj = TestData.Open("several_programs");
        var five = new LoadOptions { Limits = new LoadLimits { Programs = 5 } };

        BpfException e = Assert.Throws<BpfException>(() => obj.Load(five));
        Assert.Contains("LoadLimits.Programs", e.Message, StringComparison.Ordinal);

        obj.Programs["tc_first"].AutoLoad = false;
        using LoadedObject live = obj.Load(five);
        Assert.Equal(5, live.Programs.Count);
        Assert.Throws<BpfException>(() => live.LoadProgram("tc_first"));
    }

    [Fact]
    public void A_map_beyond_the_allowed_bytes_is_refused_before_any_memory_is_taken()
    {
        using var platform = new TestPlatform();
        BpfObject obj = TestData.Open("maps_only");
        obj.Maps["two"].MaxEntries = uint.MaxValue;

        BpfException e = Assert.Throws<BpfException>(() => obj.Load(platform.Platform));

        Assert.Contains("LoadLimits.MapBytes", e.Message, StringComparison.Ordinal);
        Assert.Contains("'two'", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, platform.LiveHandles);
    }

    [Fact]
    public void Maps_share_the_allowed_bytes()
    {
        BpfObject obj = TestData.OpenSample("map").Only("test_maps");
        using LoadedObject live = obj.Load();
        long needed = live.Report.Maps.Sum(static m => m.EstimatedBytes);

        Assert.True(needed > 0);
        Assert.Throws<BpfException>(() => obj.Load(new LoadOptions { Limits = new LoadLimits { MapBytes = 100 } }));
    }

    [Fact]
    public void The_verifier_stops_where_the_programs_took_all_allowed_instructions()
    {
        BpfObject obj = TestData.OpenSample("map");
        using LoadedObject live = obj.Load();
        long all = live.Report.VerifiedInstructions;

        BpfException e = Assert.ThrowsAny<BpfException>(() => obj.Load(new LoadOptions { Limits = new LoadLimits { Instructions = all - 1 } }));
        Assert.Equal(Errno.E2BIG, e.Errno);
        Assert.Contains("LoadLimits.Instructions", e.Message, StringComparison.Ordinal);

        using LoadedObject again = obj.Load(new LoadOptions { Limits = new LoadLimits { Instructions = all + 10 } });
        Assert.Equal(3, again.Programs.Count);
    }
}
