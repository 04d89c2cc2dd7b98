using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

public class MapReadingTests
{
    [Fact]
    public void Every_attribute_of_a_map_is_read()
    {
        ObjectImage image = TestObjects.Read("map_attributes");
        MapImage Map(string name) => image.Maps.Single(m => m.Name == name);

        Assert.Equal((MapType.Hash, 8u, 32u, 100u), Shape(Map("by_types")));
        Assert.Equal(Shape(Map("by_types")), Shape(Map("by_sizes")));
        Assert.Equal(Shape(Map("by_types")), Shape(Map("by_both")));
        Assert.Equal("key", image.Types![Map("by_types").KeyType].Name);
        Assert.Equal("value", image.Types![Map("by_types").ValueType].Name);
        Assert.Equal((0u, 0u), (Map("by_sizes").KeyType, Map("by_sizes").ValueType));
        Assert.Equal(MapFlags.NoPrealloc | MapFlags.ReadOnlyProgram, Map("flags").Flags);
        Assert.Equal((MapFlags.NumaNode, 0u), (Map("numa").Flags, Map("numa").NumaNode));
        Assert.Equal((MapType.BloomFilter, 5ul), (Map("extra").Type, Map("extra").Extra));
        Assert.Equal(MapPinning.None, Map("not_pinned").Pinning);
        Assert.Equal((MapType.PerfEventArray, 4u, 4u, 0u), Shape(Map("events")));
        Assert.Equal(MapPinning.ByName, TestObjects.Read("pinning").Maps.Single(m => m.Name == "pinned").Pinning);
    }

    [Fact]
    public void Maps_of_maps_have_a_template_and_the_maps_of_their_initialisers()
    {
        ObjectImage image = TestObjects.Read("map_in_map");
        MapImage array = image.Maps.Single(m => m.Name == "array_of_maps"), template = image.Maps.Single(m => m.Name == "template_only");

        Assert.Equal(("array_of_maps.inner", MapType.Array, 2u), (array.Inner!.Name, array.Inner.Type, array.Inner.MaxEntries));
        Assert.Equal([(0, "first"), (2, "second")], array.Slots.Select(s => (s.Index, s.Name)));
        Assert.All(array.Slots, s => Assert.Equal(s.Name, image.Maps[s.Target].Name));
        Assert.Equal((MapType.Hash, 8u, 8u, 3u), Shape(template.Inner!));
        Assert.Empty(template.Slots);
    }

    [Fact]
    public void A_program_array_has_the_programs_of_its_initialiser()
    {
        ObjectImage image = TestObjects.Read("prog_array");

        MapImage programs = Assert.Single(image.Maps);
        Assert.Equal([(1, "first"), (3, "second")], programs.Slots.Select(s => (s.Index, s.Name)));
        Assert.All(programs.Slots, s => Assert.Equal(s.Name, image.Functions[s.Target].Name));
        Assert.Equal(4u, programs.ValueSize);
    }

    [Fact]
    public void Each_section_of_global_data_is_a_map_named_as_libbpf_names_it()
    {
        ObjectImage image = TestObjects.Read("globals");

        Assert.Equal(
            ["globals.data", "globals.rodata", ".data.settings", ".rodata.tables", "globals.bss", ".bss.scratch"],
            image.Maps.Select(m => m.Name));
        Assert.Equal([".data", ".rodata", ".data.settings", ".rodata.tables", ".bss", ".bss.scratch"], image.Maps.Select(m => m.SectionName));
        Assert.All(image.Maps, m => Assert.Equal((MapType.Array, 4u, 1u, true), (m.Type, m.KeySize, m.MaxEntries, m.IsInternal)));
        Assert.All(image.Maps, m => Assert.Equal(m.Kind == MapKind.ReadOnlyData, m.Flags.HasFlag(MapFlags.ReadOnlyProgram)));
        Assert.All(image.Maps, m => Assert.Equal(m.Kind == MapKind.Bss, m.InitialData.IsEmpty));
        Assert.All(image.Maps, m => Assert.True(m.Flags.HasFlag(MapFlags.Mmapable)));
    }

    [Theory]
    [InlineData("my_object_name", ".rodata", "my_objec.rodata")]
    [InlineData("my_object_name", ".bss", "my_objec.bss")]
    [InlineData("my_object_name", ".kconfig", "my_obje.kconfig")]
    [InlineData("my_object_name", ".rodata.abracadabra", ".rodata.abracad")]
    [InlineData("a-b c", ".data", "a_b_c.data")]
    [InlineData("", ".data", ".data")]
    public void The_kernel_gets_as_much_of_the_objects_name_as_fits(string objectName, string section, string name) =>
        Assert.Equal(name, GlobalDataReader.KernelNameOf(objectName, section));

    [Fact]
    public void Data_that_nothing_outside_sees_is_not_mapped_into_memory()
    {
        MapImage constants = TestObjects.Read("strings").Maps.Single(m => m.SectionName == ".rodata");

        Assert.Equal(MapFlags.ReadOnlyProgram, constants.Flags);
    }

    [Fact]
    public void Legacy_maps_are_read_in_the_order_of_their_definition_and_said_to_be_legacy()
    {
        ObjectImage image = TestObjects.Read("legacy_maps");

        Assert.Equal(["counts", "seen"], image.Maps.Select(m => m.Name));
        Assert.All(image.Maps, m => Assert.Equal(MapKind.Legacy, m.Kind));
        Assert.Equal((MapType.Hash, 8u, 4u, 100u), Shape(image.Maps[1]));
        Assert.Equal(MapFlags.NoPrealloc, image.Maps[1].Flags);
        Assert.Contains(image.Notes, n => n.Contains("'maps' section"));
    }

    [Fact]
    public void Legacy_definitions_that_are_longer_than_any_known_are_read_as_far_as_they_are_known() =>
        Assert.All(TestObjects.Read("legacy_long").Maps, m => Assert.Equal((MapType.Array, 4u, 8u, 1u), Shape(m)));

    [Fact]
    public void Definitions_of_iproute2_have_pinning_and_fill_program_arrays_by_section_names()
    {
        ObjectImage image = TestObjects.Read("iproute2");
        MapImage jumps = image.Maps.Single(m => m.Name == "jumps"), shared = image.Maps.Single(m => m.Name == "shared");

        Assert.Equal([(0, "slot_0"), (1, "slot_1")], jumps.Slots.Select(s => (s.Index, s.Name)));
        Assert.Equal(2u, jumps.Id);
        Assert.Equal((MapPinning)2, shared.Pinning);
    }

    [Fact]
    public void Struct_ops_are_maps_with_the_functions_that_they_are_given()
    {
        ObjectImage image = TestObjects.Read("struct_ops");

        Assert.Equal([("plain", MapFlags.None, true), ("linked", MapFlags.Link, true), ("optional", MapFlags.Link, false)], image.Maps.Select(m => (m.Name, m.Flags, m.AutoCreate)));
        Assert.All(image.Maps, m => Assert.Equal(
            [("ssthresh", "threshold"), ("cong_avoid", "avoid"), ("undo_cwnd", "undo")],
            m.StructOpsFunctions.Select(f => (f.Member, image.Functions[f.Program].Name))));
        Assert.Equal([".struct_ops", ".struct_ops.link", ".struct_ops.link"], image.Maps.Select(m => m.SectionName));
    }

    [Fact]
    public void The_same_numbers_mean_other_types_in_the_dialect_of_Windows()
    {
        byte[] bytes = File.ReadAllBytes(TestFiles.Data("windows_maps.o"));

        ObjectImage windows = ObjectImage.Read(bytes, "windows_maps.o"), linux = ObjectImage.Read(bytes, "windows_maps.o", dialect: Dialect.Linux);

        Assert.Equal(Dialect.Windows, windows.Dialect);
        Assert.Equal(
            [MapType.Hash, MapType.PerCpuHash, MapType.Array, MapType.PerCpuArray, MapType.LruHash, MapType.LruPerCpuHash, MapType.Queue, MapType.Stack, MapType.ProgArray],
            windows.Maps.Select(m => m.Type));
        Assert.Equal(MapType.PerfEventArray, linux.Maps[1].Type);
        Assert.Equal((ProgramType.Sample, ProgramType.Unspec), (windows.Programs[0].Type, linux.Programs[0].Type));
    }

    [Theory]
    [InlineData(Dialect.Linux, 1u, MapType.Hash)]
    [InlineData(Dialect.Linux, 99u, (MapType)99)]
    [InlineData(Dialect.Windows, 4u, MapType.PerCpuHash)]
    [InlineData(Dialect.Windows, 15u, MapType.SampleHash)]
    [InlineData(Dialect.Windows, 99u, (MapType)65635)]
    public void A_number_that_is_no_map_type_is_kept_for_the_platform_to_refuse(Dialect dialect, uint number, MapType type) =>
        Assert.Equal(type, MapNumbers.Type(dialect, number));

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u, 4096u)]
    [InlineData(4096u, 4096u)]
    [InlineData(4097u, 8192u)]
    [InlineData(12288u, 16384u)]
    [InlineData(0x80000000u, 0x80000000u)]
    [InlineData(0x80000001u, 0x80000001u)]
    public void A_ring_buffer_is_rounded_up_to_a_power_of_two_pages_where_there_is_one(uint size, uint rounded) =>
        Assert.Equal(rounded, RingBufferSize.Round(size));

    private static (MapType Type, uint Key, uint Value, uint MaxEntries) Shape(MapImage map) => (map.Type, map.KeySize, map.ValueSize, map.MaxEntries);
}
