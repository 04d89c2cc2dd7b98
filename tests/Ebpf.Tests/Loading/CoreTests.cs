using Ebpf.Bytecode.Btf;

namespace Ebpf.Tests.Loading;

/// <summary>What a load makes of CO-RE: which types are meant, and whose relocations are looked at.</summary>
public sealed class CoreTests
{
    [Fact]
    public void Without_a_target_the_objects_own_types_are_meant()
    {
        using LoadedObject live = TestData.Open("core_fields").Only("offsets").Load();

        live.Programs["offsets"].Run();

        Assert.Equal(Recorded("core_target_same", "core_fields", "offsets"), Answers(live));
    }

    [Theory]
    [InlineData("core_target_same")]
    [InlineData("core_target_moved")]
    public void With_a_target_its_types_are_meant(string target)
    {
        var options = new LoadOptions { TargetBtf = BtfView.Open(TestData.Path(target + ".o")) };
        using LoadedObject live = TestData.Open("core_fields").Only("offsets").Load(options);

        live.Programs["offsets"].Run();

        Assert.Equal(Recorded(target, "core_fields", "offsets"), Answers(live));
    }

    [Fact]
    public void A_context_of_which_only_some_fields_are_declared_is_the_kernels_all_the_same()
    {
        byte[] packet = new byte[100];
        packet[0] = 0xab;
        using LoadedObject live = TestData.Open("core_context").Load();

        Assert.Equal(100u, live.Programs["length"].Run(new RunOptions { Data = packet }).ReturnValue);
        Assert.Equal(0xabu, live.Programs["first_byte"].Run(new RunOptions { Data = packet }).ReturnValue);
    }

    [Fact]
    public void Flavours_are_not_ambiguous_among_the_objects_own_types()
    {
        using LoadedObject live = TestData.Open("core_flavors").Load();

        Assert.NotEmpty(live.Programs);
    }

    [Fact]
    public void Relocations_that_fail_do_not_matter_while_their_program_is_off()
    {
        var options = new LoadOptions { TargetBtf = BtfView.Open(TestData.Path("core_target_same.o")) };
        BpfObject obj = TestData.Open("core_skipped");

        Assert.ThrowsAny<BpfException>(() => obj.Only("broken").Load(options));
        Assert.ThrowsAny<BpfException>(() => obj.Only("broken_below").Load(options));

        using LoadedObject live = obj.Only("works").Load(options);
        Assert.Equal(1u, live.Programs["works"].Run().ReturnValue);
    }

    private static IEnumerable<uint> Recorded(string target, string obj, string program) =>
        File.ReadLines(TestData.Path("core-results.tsv"))
            .Select(static line => line.Split('\t'))
            .First(f => f[0] == target + ".o" && f[1] == obj + ".o" && f[2] == program)[4]
            .Split(',').Select(static n => (uint)long.Parse(n, System.Globalization.CultureInfo.InvariantCulture));

    private static IEnumerable<uint> Answers(LoadedObject live)
    {
        byte[] bytes = live.Variables["answers"].GetBytes();
        return Enumerable.Range(0, 11).Select(i => (uint)BitConverter.ToUInt64(bytes, 8 * i));
    }
}
