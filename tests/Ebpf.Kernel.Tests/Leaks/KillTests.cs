using System.Diagnostics;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Tests;

namespace Ebpf.Kernel.Tests.Leaks;

/// <summary>A process that is killed at any point leaves nothing behind that it did not pin.</summary>
public sealed class KillTests
{
    private const int Kills = 12;

    // By then it runs its program over and over.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1.5);

    public KillTests() => Kernel.Require();

    [Fact]
    public async Task What_was_not_pinned_goes_with_the_process()
    {
        var random = new Random(20261126);
        HashSet<uint> maps = [.. Maps()], programs = [.. Programs()];
        int loaded = 0;
        for (int i = 0; i < Kills; i++)
        {
            HashSet<uint> before = [.. Programs()];
            using Process tool = Start(TestData.Sample("map"), "--run", "test_maps", "--repeat", "1000000000");
            try
            {
                // The last waits until the program is there, so that at least one was killed while it ran.
                if (i < Kills - 1)
                {
                    await Task.Delay(s_longest * random.NextDouble());
                }
                else
                {
                    await WaitFor(() => Programs().Except(before).Any(), tool);
                }

                loaded += Programs().Except(before).Any() ? 1 : 0;
            }
            finally
            {
                tool.Kill();
                await tool.WaitForExitAsync();
            }
        }

        Assert.True(loaded > 0);
        // The kernel frees in the background, and others on this machine may use the same sample for a while.
        bool isClean = false;
        for (int i = 0; i < 300 && !isClean; i++)
        {
            isClean = Maps().All(maps.Contains) && Programs().All(programs.Contains);
            await Task.Delay(100);
        }

        Assert.True(isClean, "maps or programs of the sample are still in the kernel half a minute after their process was killed");
    }

    private static IEnumerable<uint> Maps() => Left(static () => BpfMap.List().Select(static m => (m.Id, m.Name)));

    private static IEnumerable<uint> Programs() => Left(static () => BpfProgram.List().Select(static p => (p.Id, p.Name)));

    /// <summary>The ids of what is in the kernel under the names of the sample.</summary>
    private static IEnumerable<uint> Left(Func<IEnumerable<(uint Id, string Name)>> list)
    {
        while (true)
        {
            try
            {
                return [.. list().Where(static o => o.Name is "test_maps" or "HASH_map" or "LRU_HASH_map" or "ARRAY_map" or "QUEUE_map" or "STACK_map").Select(static o => o.Id)];
            }
            catch (BpfException e) when (e.Errno == Errno.ENOENT)
            {
                // Something of somebody else's went while it was asked about.
            }
        }
    }

    [Fact]
    public async Task What_was_pinned_stays()
    {
        using var bpffs = new OwnBpffs();
        using (LoadedObject live = TestData.OpenSample("map").Only("test_maps").Load(Platform.Linux))
        {
            live.Maps["HASH_map"].Pin(bpffs["hash"]);
            live.Maps["HASH_map"].Update(BpfMap.Key(1), BitConverter.GetBytes(7));
        }

        using Process tool = Start(TestData.Sample("map"), "--run", "test_maps", "--repeat", "1000000000");
        await Task.Delay(300);
        tool.Kill();
        await tool.WaitForExitAsync();

        using FileDescriptor hash = Open(bpffs["hash"]);
        byte[] value = new byte[sizeof(int)];
        Assert.Equal(Errno.None, Bpf.Lookup(hash.Number, BpfMap.Key(1), value, 0));
        Assert.Equal(7, BitConverter.ToInt32(value));
    }

    private static FileDescriptor Open(string path)
    {
        Assert.Equal(Errno.None, Bpf.OpenPinned(path, 0, out FileDescriptor? opened));
        return opened!;
    }

    private static async Task WaitFor(Func<bool> condition, Process process)
    {
        for (int i = 0; i < 3000 && !condition(); i++)
        {
            Assert.False(process.HasExited, "the command ended before it was killed");
            await Task.Delay(10);
        }

        Assert.True(condition());
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Ebpf.Tool"), ["load", .. arguments, "--platform", "linux", "--only", "test_maps"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
