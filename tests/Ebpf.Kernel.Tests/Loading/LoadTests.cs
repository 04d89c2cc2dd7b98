using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Loading;

public sealed class LoadTests
{
    [Fact]
    public void The_sample_loads_and_runs_as_on_the_embedded_platform()
    {
        Kernel.Require();
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load(Platform.Linux);

        RunResult run = live.Programs["test_maps"].Run();

        Assert.Equal(0u, run.ReturnValue);
        Assert.Equal(8, live.Maps.Count);
        Assert.False(live.Programs.Contains("test_LRU_map"));
    }

    [Fact]
    public void The_report_has_the_kernels_figures()
    {
        Kernel.Require();
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load(Platform.Linux);

        ProgramReport program = live.Report["test_maps"];

        Assert.True(program.Fd > 2);
        Assert.True(program.VerifiedInstructions > 1000, $"{program.VerifiedInstructions} instructions verified");
        Assert.True(program.TranslatedBytes >= 8 * program.LoadedInstructions, $"{program.TranslatedBytes} bytes of {program.LoadedInstructions} instructions");
        Assert.True(program.MemoryBytes > 0);
        Assert.All(live.Report.Maps, map => Assert.True(map is { Fd: > 2, MemoryBytes: > 0 }, $"{map}"));
        Assert.Equal("linux", live.Report.Platform);
    }

    [Fact]
    public void What_is_loaded_is_what_the_kernel_shows()
    {
        Kernel.Require();
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load(Platform.Linux);

        ProgramInfoRecord info = default;
        Assert.Equal(Errno.None, Bpf.Info(live.Programs["test_maps"].Fd!.Value, ref info));

        Assert.Equal((uint)ProgramType.Xdp, info.Type);
        Assert.Equal("test_maps", info.Name.ToString());
        Assert.Equal(8u, info.MapIdCount);
        Assert.NotEqual(0u, info.BtfId);
        Assert.True(info.LineInfoCount > 10);
        Assert.True(info.FunctionInfoCount >= 1);
    }

    [Fact]
    public void A_skipped_program_can_be_loaded_later_against_the_same_maps()
    {
        Kernel.Require();
        using LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load(Platform.Linux);
        int maps = live.Maps.Count;

        BpfProgram late = live.LoadProgram("test_PUSH_POP_map");

        Assert.Equal(0u, late.Run().ReturnValue);
        Assert.Equal(maps, live.Maps.Count);
    }

    [Fact]
    public void Disposing_leaves_nothing_behind()
    {
        Kernel.Require();
        var before = new Inventory();

        LoadedObject live = TestData.OpenSample("map").Load(Platform.Linux);
        before.ExpectToGo(live);
        live.Dispose();

        before.AssertNothingIsLeft();
    }

    [Fact]
    public void Mapped_variables_go_with_the_object()
    {
        Kernel.Require();
        var before = new Inventory();

        using (LoadedObject live = TestData.Open("globals").Load(Platform.Linux))
        {
            before.ExpectToGo(live);
            live.Variables["counter"].Set(1UL);
            Assert.Equal(100u, live.Variables["limit"].Get<uint>());
        }

        before.AssertNothingIsLeft();
    }

    [Fact]
    public void A_load_that_fails_leaves_nothing_behind_and_can_be_tried_again()
    {
        Kernel.Require();
        BpfObject obj = TestData.OpenSample("broken");
        var before = new Inventory();

        Assert.Throws<VerifierException>(() => obj.Only("no_bounds_check").Load(Platform.Linux));

        before.AssertNothingIsLeft();
        using LoadedObject live = obj.Only().Load(Platform.Linux);
        Assert.Empty(live.Programs);
    }

    [Fact]
    public void A_refusal_names_reason_instruction_and_line_and_carries_the_whole_log()
    {
        Kernel.Require();

        VerifierException e = Assert.Throws<VerifierException>(() => TestData.OpenSample("broken").Only("no_bounds_check").Load(Platform.Linux));

        Assert.Equal(Errno.EACCES, e.Errno);
        Assert.Equal("no_bounds_check", e.Program);
        Assert.Contains("invalid access to packet", e.Reason);
        Assert.EndsWith("broken.bpf.c", e.SourceLine!.Value.FileName);
        Assert.Contains("processed ", e.Log);
        Assert.Contains($"{e.Instruction}: (", e.Log);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Contains("invalid access to packet", e.Diagnosis);
        Assert.Contains("broken.bpf.c:", e.Diagnosis);
    }

    [Fact]
    public void An_object_of_the_other_dialect_is_refused()
    {
        BpfException e = Assert.Throws<BpfException>(() => TestData.Open("windows_maps").Load(Platform.Linux));

        Assert.Equal(Errno.EOPNOTSUPP, e.Errno);
    }

    [Fact]
    public void Programs_that_are_too_old_for_their_licence_are_told_so()
    {
        Kernel.Require();
        BpfObject obj = TestData.Open("no_license");

        BpfException? e = Record.Exception(() => obj.Load(Platform.Linux).Dispose()) as BpfException;

        // It is refused only where a program calls a helper that wants the GPL.
        Assert.True(e is null || e.Message.Contains("GPL", StringComparison.Ordinal), e?.Message);
    }
}
