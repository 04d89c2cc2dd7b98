namespace Ebpf.Native.Tests;

public class ExportTests
{
    [Fact]
    public void Every_function_of_libbpf_is_exported_with_its_version()
    {
        Require.Tool("nm");
        Command symbols = Command.Run("nm", "-D", "--with-symbol-versions", Path.Combine(Client.Library, "libbpf.so.1"));
        HashSet<string> exported = [.. symbols.Output.Split('\n').Select(static line => line.Split(' ')).Where(static f => f.Length == 3 && f[1] == "T").Select(static f => f[2])];
        string[] expected =
        [
            .. File.ReadLines(Path.Combine(Repository.Root, "gen", "model", "libbpf_exports.tsv"))
                .Where(static line => line.Contains("\tLIBBPF_"))
                .Select(static line => line.Split('\t'))
                .Select(static cells => $"{cells[0]}@@{cells[1]}"),
        ];

        Assert.Equal(359, expected.Length);
        Assert.Equal(expected.Order(), exported.Order());
    }

    [Fact]
    public void The_installed_library_has_no_symbol_that_ours_lacks()
    {
        Require.Tool("nm");
        string installed = Directory.EnumerateFiles("/usr/lib", "libbpf.so.1", SearchOption.AllDirectories).First();
        string[] Symbols(string library) =>
            [.. Command.Run("nm", "-D", "--with-symbol-versions", library).Output.Split('\n').Select(static l => l.Split(' ')).Where(static f => f.Length == 3 && f[1] == "T").Select(static f => f[2])];

        Assert.Empty(Symbols(installed).Except(Symbols(Path.Combine(Client.Library, "libbpf.so.1"))));
    }

    [Fact]
    public void A_function_that_is_not_there_yet_says_so_and_fails()
    {
        Command run = Client.Of("absent").Run(Libbpf.OursEmbedded);

        Assert.Equal("btf_dump__new = NULL, errno 95\nbtf__dedup(NULL, NULL) = -95, errno 95\n", run.Output);
        Assert.Contains("btf_dump__new() is not supported", run.Error);
    }
}
