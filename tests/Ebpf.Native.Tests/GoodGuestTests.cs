namespace Ebpf.Native.Tests;

/// <summary>The library in a process that is not its own.</summary>
public class GoodGuestTests
{
    [Theory]
    [InlineData(Libbpf.OursInKernel)]
    [InlineData(Libbpf.OursEmbedded)]
    public void Signals_threads_children_and_namespaces_are_as_libbpf_leaves_them(Libbpf library)
    {
        Client.RequireKernel();
        Client guest = Client.Of("guest");

        Command expected = guest.Run(Libbpf.Installed, Repository.Samples);
        Command actual = guest.Run(library, Repository.Samples);

        Assert.True(expected.ExitCode == 0, expected.Error);
        Assert.True(actual.ExitCode == 0, actual.Error);
        Assert.Equal(expected.Output, actual.Output);
        Assert.Contains("threads() = 1\n", actual.Output);
    }

    [Theory]
    [InlineData(Libbpf.Installed)]
    [InlineData(Libbpf.OursEmbedded)]
    public void A_client_whose_reader_is_gone_ends_by_SIGPIPE(Libbpf library)
    {
        Client chatter = Client.Of("chatter");

        Command run = Command.Run(Client.EnvironmentOf(library), "bash", "-c", $"env --default-signal=PIPE {chatter.Program} {Repository.Samples} | head -1; echo ${{PIPESTATUS[0]}}");

        Assert.Equal("line 0\n141\n", run.Output);
    }

    [Theory]
    [InlineData(Libbpf.Installed)]
    [InlineData(Libbpf.OursEmbedded)]
    public void It_works_where_memory_is_limited(Libbpf library)
    {
        Client.RequireKernel();
        string map = Path.Combine(Repository.Samples, "map", "map.o");

        Command run = Command.Run(Client.EnvironmentOf(library), "bash", "-c", $"ulimit -v 4000000; {Client.Sample.Program} {map}");

        Assert.True(run.ExitCode == 0, run.Error);
    }
}
