namespace Ebpf.Tests.Objects;

public sealed class MapSpecTests
{
    [Fact]
    public void Editing_a_map_marks_it_and_setting_what_it_was_does_not()
    {
        BpfMapSpec map = TestData.OpenSample("map").Maps["HASH_map"];

        map.MaxEntries = 10;
        Assert.False(map.IsEdited);

        map.MaxEntries = 20;
        Assert.True(map.IsEdited);
    }

    [Fact]
    public void Editing_the_template_of_inner_maps_marks_the_outer_map()
    {
        BpfMapSpec map = TestData.Open("map_in_map").Maps["template_only"];

        map.Inner!.MaxEntries = 7;

        Assert.True(map.IsEdited);
    }

    [Fact]
    public void The_slots_that_the_file_fills_are_there_to_be_read()
    {
        BpfObject obj = TestData.Open("map_in_map");

        Assert.Equal([new BpfMapSlot(0, "first"), new BpfMapSlot(2, "second")], obj.Maps["array_of_maps"].Slots);
        Assert.Equal([new BpfMapSlot(1, "first"), new BpfMapSlot(3, "second")], TestData.Open("prog_array").Maps["programs"].Slots);
    }

    [Fact]
    public void Global_data_that_grows_is_followed_by_zeros()
    {
        BpfObject obj = TestData.Open("globals");
        BpfMapSpec data = obj.Maps.Single(m => m.SectionName == ".data.settings");

        data.ValueSize = 16;
        obj.Variables["in_data"].Set(5);

        Assert.Equal(16u, data.ValueSize);
        Assert.Equal(5, obj.Variables["in_data"].Get<int>());
    }
}
