namespace Ebpf.Tests.Platforms;

/// <summary>Counts the process's descriptors, so that nothing else may load meanwhile.</summary>
[CollectionDefinition(nameof(DescriptorTests), DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection(nameof(DescriptorTests))]
public sealed class DescriptorTests
{
    [Fact]
    public void Loads_attachments_later_loads_and_failures_leave_no_descriptor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has descriptors for the embedded platform");
        Cycle();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = Descriptors();

        for (int i = 0; i < 50; i++)
        {
            Cycle();
        }

        Assert.Equal(before, Descriptors());
    }

    [Fact]
    public void While_an_object_is_loaded_each_program_map_and_link_has_one()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has descriptors for the embedded platform");
        int before = Descriptors();

        using LoadedObject live = TestData.OpenSample("map").Load();
        live.Programs["test_maps"].Attach("somewhere");

        Assert.Equal(before + 3 + 8 + 1, Descriptors());
    }

    private static void Cycle()
    {
        using (LoadedObject live = TestData.OpenSample("map").Only("test_LRU_map").Load(new LoadOptions { UnusedMaps = UnusedMaps.Skip }))
        {
            live.Programs["test_LRU_map"].Attach("somewhere");
            live.LoadProgram("test_PUSH_POP_map").Run();
        }

        Assert.Throws<VerifierException>(() => TestData.OpenSample("broken").Only("good", "no_bounds_check").Load());
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Count(static fd =>
        new FileInfo(fd).LinkTarget is { } target && target.Contains("memfd:ebpf", StringComparison.Ordinal));
}
