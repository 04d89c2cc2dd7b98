using System.Runtime.InteropServices;

namespace Ebpf.Tests.Windows;

/// <summary>
/// The Windows platform against the test double of ebpfapi.dll, on Windows or under Wine: every call it makes, and that nothing is left behind. Only
/// compiled for win-x64; what a real driver does is not tested here.
/// </summary>
public sealed partial class WindowsPlatformTests
{
    private static readonly byte[] s_one = [1, 0, 0, 0];

    [Fact]
    public void An_object_is_loaded_run_attached_and_leaves_nothing_behind()
    {
        int before = OpenFds();
        BpfObject obj = BpfObject.Open(TestData.Root("samples/windows/bind_monitor.o"));
        using (LoadedObject live = obj.Load(Platform.Windows))
        {
            BpfProgram monitor = live.Programs["monitor"];
            Assert.True(monitor.Fd > 2);
            Assert.Equal((uint)monitor.Instructions.Count, monitor.Run(new RunOptions { Context = new byte[56] }).ReturnValue);
            using (monitor.Attach("bind"))
            {
                Assert.Equal(2, AttachedType());
            }

            Assert.Equal(-1, AttachedType());
        }

        Assert.Equal(before, OpenFds());
    }

    [Fact]
    public void Maps_are_read_and_written()
    {
        using LoadedObject live = BpfObject.Open(TestData.Root("samples/windows/connect.o")).Load(Platform.Windows);
        BpfMap map = live.Maps["verdicts"];
        byte[] key = [1, 2, 3, 4, 5, 6, 7, 8], value = new byte[4];

        Assert.False(map.TryLookup(key, value));
        map.Update(key, s_one);
        Assert.True(map.TryLookup(key, value));
        Assert.Equal(s_one, value);
        Assert.Equal(Errno.EEXIST, Assert.Throws<BpfException>(() => map.Update(key, s_one, MapUpdateFlags.NoExist)).Errno);
        Assert.Equal([key], map.Keys().ToArray());
        Assert.True(map.TryLookupAndDelete(key, value));
        Assert.Equal(Errno.ENOENT, Assert.Throws<BpfException>(() => map.Delete(key)).Errno);
    }

    [Fact]
    public void A_program_that_is_refused_says_why_and_takes_its_maps_with_it()
    {
        int before = OpenFds();
        BpfObject obj = TestData.Open("windows_maps").Only("takes_out");
        obj.Maps["hash"].MaxEntries = 0;

        Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => obj.Load(Platform.Windows)).Errno);
        Assert.Equal(before, OpenFds());
    }

    [Fact]
    public void A_skipped_program_is_not_loaded_but_maps_are()
    {
        using LoadedObject live = BpfObject.Open(TestData.Root("samples/windows/map.o")).Only("test_LRU_map").Load(Platform.Windows);

        Assert.Equal(["test_LRU_map"], live.Programs.Select(static p => p.Name));
        Assert.Equal(8, live.Maps.Count(static m => !m.Name.StartsWith('.')));
    }

    [Fact]
    public void Maps_are_pinned_and_found_again()
    {
        BpfObject Pinned()
        {
            BpfObject obj = BpfObject.Open(TestData.Root("samples/windows/connect.o"));
            obj.Maps["verdicts"].PinPath = @"BPF:\verdicts";
            return obj;
        }

        byte[] key = [1, 2, 3, 4, 5, 6, 7, 8], value = new byte[4];
        using (LoadedObject first = Pinned().Load(Platform.Windows))
        {
            first.Maps["verdicts"].Update(key, s_one);
        }

        using (LoadedObject second = Pinned().Load(Platform.Windows))
        {
            Assert.True(second.Maps["verdicts"].TryLookup(key, value));
        }

        Assert.True(Platform.Windows.Unpin(@"BPF:\verdicts"));
        Assert.False(Platform.Windows.Unpin(@"BPF:\verdicts"));
    }

    /// <remarks>The sequence of _test_program_autoload in eBPF for Windows' libbpf_test.cpp, whose "no descriptor" is -1 and ours null.</remarks>
    [Fact]
    public void Autoload_of_a_native_module_goes_as_eBPF_for_Windows_tests_it()
    {
        int before = OpenFds();
        using (NativeModule module = NativeModule.Open("tail_call_same_section.sys"))
        {
            NativeProgram caller = module.Programs.Single(static p => p.Name == "caller"), callee = module.Programs.Single(static p => p.Name == "callee");
            Assert.Null(caller.Fd);
            Assert.Null(callee.Fd);
            Assert.True(caller.AutoLoad);
            Assert.True(callee.AutoLoad);
            caller.AutoLoad = false;
            Assert.False(caller.AutoLoad);
            Assert.True(callee.AutoLoad);

            module.Load();

            Assert.Null(caller.Fd);
            Assert.True(callee.Fd > 0);
            Assert.True(module.Maps.Single().Fd > 0);
            foreach (NativeProgram program in new[] { caller, callee })
            {
                Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => program.AutoLoad = false).Errno);
                Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(() => program.AutoLoad = true).Errno);
            }

            Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(module.Load).Errno);
            Assert.Equal(ProgramType.Sample, callee.Type);
        }

        Assert.Equal(before, OpenFds());
    }

    [Fact]
    public void What_is_no_module_is_refused() => Assert.Equal(Errno.EINVAL, Assert.Throws<BpfException>(static () => NativeModule.Open("a.txt")).Errno);

    [LibraryImport("ebpfapi.dll", EntryPoint = "double_open_fds")]
    private static partial int OpenFds();

    [LibraryImport("ebpfapi.dll", EntryPoint = "double_attached_type")]
    private static partial int AttachedType();
}
