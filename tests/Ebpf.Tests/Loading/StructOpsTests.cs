namespace Ebpf.Tests.Loading;

public sealed class StructOpsTests
{
    [Fact]
    public void A_program_that_only_tables_name_which_are_not_created_is_not_loaded_whatever_was_chosen()
    {
        BpfObject obj = TestData.Open("struct_ops");
        foreach (BpfMapSpec map in obj.Maps.Where(static m => m.Type == MapType.StructOps))
        {
            map.AutoCreate = false;
        }

        Assert.Contains(obj.Programs, static p => p.AutoLoad);
        using LoadedObject live = obj.Load();

        Assert.Empty(live.Programs);
    }

    [Fact]
    public void The_embedded_platform_says_that_it_has_no_such_tables()
    {
        BpfException e = Assert.ThrowsAny<BpfException>(() => TestData.Open("struct_ops").Load());

        Assert.Contains("struct_ops", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }
}
