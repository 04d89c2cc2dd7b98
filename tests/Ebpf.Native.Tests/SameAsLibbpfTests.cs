namespace Ebpf.Native.Tests;

/// <summary>What a client prints is the same on the machine's libbpf and on ours, in the kernel and embedded.</summary>
public class SameAsLibbpfTests
{
    [Theory]
    [InlineData("autoload", Libbpf.OursInKernel)]
    [InlineData("autoload", Libbpf.OursEmbedded)]
    [InlineData("objects", Libbpf.OursInKernel)]
    [InlineData("objects", Libbpf.OursEmbedded)]
    [InlineData("maps", Libbpf.OursInKernel)]
    [InlineData("maps", Libbpf.OursEmbedded)]
    [InlineData("names", Libbpf.OursEmbedded)]
    [InlineData("types", Libbpf.OursEmbedded)]
    [InlineData("data", Libbpf.OursInKernel)]
    [InlineData("data", Libbpf.OursEmbedded)]
    [InlineData("print", Libbpf.OursInKernel)]
    [InlineData("print", Libbpf.OursEmbedded)]
    [InlineData("skeleton", Libbpf.OursInKernel)]
    [InlineData("skeleton", Libbpf.OursEmbedded)]
    [InlineData("ring", Libbpf.OursInKernel)]
    [InlineData("ring", Libbpf.OursEmbedded)]
    [InlineData("threads", Libbpf.OursInKernel)]
    [InlineData("threads", Libbpf.OursEmbedded)]
    [InlineData("reopen", Libbpf.OursEmbedded)]
    public void A_client_prints_the_same(string name, Libbpf library)
    {
        Client.RequireKernel();
        Client client = Client.Of(name);
        string[] arguments = [Repository.TestData, Repository.Samples];

        Command expected = client.Run(Libbpf.Installed, arguments);
        Command actual = client.Run(library, arguments);

        Assert.True(expected.ExitCode == 0, expected.Error);
        Assert.True(actual.ExitCode == 0, actual.Error);
        Assert.Equal(expected.Output, actual.Output);
    }

    [Theory]
    [InlineData(Libbpf.OursInKernel)]
    [InlineData(Libbpf.OursEmbedded)]
    public void The_sample_prints_the_same(Libbpf library)
    {
        Client.RequireKernel();
        string map = Path.Combine(Repository.Samples, "map", "map.o");

        Command expected = Client.Sample.Run(Libbpf.Installed, map);
        Command actual = Client.Sample.Run(library, map);

        Assert.Equal(0, expected.ExitCode);
        Assert.Equal(expected.Output, actual.Output);
        Assert.Contains("test_maps          autoload: yes  loaded: yes", actual.Output);
        Assert.EndsWith("test_maps returned 0\n", actual.Output);
    }
}
