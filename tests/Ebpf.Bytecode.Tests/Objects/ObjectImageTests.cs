using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

public class ObjectImageTests
{
    [Fact]
    public void The_sample_map_has_three_programs_and_eight_maps_in_the_order_of_its_source()
    {
        ObjectImage image = TestObjects.Sample("map");

        Assert.Equal(["test_LRU_map", "test_PUSH_POP_map", "test_maps"], image.Programs.Select(p => p.Name));
        Assert.Equal(
            ["HASH_map", "PERCPU_HASH_map", "ARRAY_map", "PERCPU_ARRAY_map", "LRU_HASH_map", "LRU_PERCPU_HASH_map", "QUEUE_map", "STACK_map"],
            image.Maps.Select(m => m.Name));
        Assert.All(image.Maps, m => Assert.Equal((4u, 10u), (m.ValueSize, m.MaxEntries)));
        Assert.Equal("map", image.Name);
        Assert.Equal("Dual MIT/GPL", image.License);
    }

    [Fact]
    public void Functions_of_text_are_subprograms_and_not_programs()
    {
        ObjectImage image = TestObjects.Read("subprograms");

        Assert.Equal(["first", "second", "calls_nothing"], image.Programs.Select(p => p.Name));
        Assert.Contains("global_unused", image.Subprograms.Select(p => p.Name));
        Assert.All(image.Subprograms, p => Assert.Equal(".text", p.SectionName));
    }

    [Fact]
    public void An_object_with_nothing_but_functions_of_text_has_no_program()
    {
        ObjectImage image = TestObjects.Read("text_only");

        Assert.Empty(image.Programs);
        Assert.Equal("lonely", Assert.Single(image.Subprograms).Name);
    }

    [Fact]
    public void A_question_mark_before_the_section_name_turns_its_programs_off_and_is_dropped()
    {
        ObjectImage image = TestObjects.Read("autoload");

        Assert.Equal(["off", "off_too", "off_tc"], image.Programs.Where(p => !p.AutoLoad).Select(p => p.Name));
        Assert.All(image.Programs, p => Assert.False(p.SectionName.StartsWith('?')));
        Assert.Equal((ProgramType.Xdp, AttachType.Xdp), (image.Programs[1].Type, image.Programs[1].AttachType));
    }

    [Fact]
    public void Programs_come_in_order_of_section_and_place_whatever_the_order_of_their_symbols()
    {
        ObjectImage image = TestObjects.Read("several_programs");

        Assert.Equal(image.Programs.OrderBy(p => p.SectionIndex).ThenBy(p => p.Start), image.Programs);
        Assert.True(image.Programs.Select(p => p.SectionName).Distinct().Count() > 1);
        Assert.Equal(Enumerable.Range(0, image.Functions.Length), image.Functions.Select(f => f.Index));
    }

    [Fact]
    public void Both_byte_orders_read_the_same()
    {
        ObjectImage little = TestObjects.Read("endian_little"), big = TestObjects.Read("endian_big");

        Assert.True(little.IsLittleEndian);
        Assert.False(big.IsLittleEndian);
        Assert.NotEqual(little.IsForeignEndian, big.IsForeignEndian);
        Assert.Equal(little.Programs.Select(p => (p.Name, p.Type, p.AutoLoad)), big.Programs.Select(p => (p.Name, p.Type, p.AutoLoad)));
        Assert.Equal(little.Programs[0].Instructions.ToArray().Select(i => i.Opcode), big.Programs[0].Instructions.ToArray().Select(i => i.Opcode));
        Assert.Equal(little.Maps.Select(m => (m.Name, m.KeySize, m.ValueSize, m.Flags)), big.Maps.Select(m => (m.Name.Replace("big", "lit"), m.KeySize, m.ValueSize, m.Flags)), (a, b) => a.Item2 == b.Item2 && a.Item3 == b.Item3);
        Assert.Equal([4, 3, 2, 1], little.Maps.Single(m => m.Kind == MapKind.Data).InitialData.ToArray());
        Assert.Equal([1, 2, 3, 4], big.Maps.Single(m => m.Kind == MapKind.Data).InitialData.ToArray());
    }

    [Fact]
    public void Licence_and_kernel_version_are_read()
    {
        ObjectImage image = TestObjects.Read("version");

        Assert.Equal("Proprietary", image.License);
        Assert.NotEqual(0u, image.KernelVersion);
        Assert.Equal(("", 0u), (TestObjects.Read("no_license").License, TestObjects.Read("no_license").KernelVersion));
    }

    [Theory]
    [InlineData("map.o", "map")]
    [InlineData("/a.b/xdp.bpf.o", "xdp")]
    [InlineData("C:\\objects\\tool.o", "tool")]
    [InlineData("a_name_that_is_too_long.o", "a_name_that_is_")]
    [InlineData(".hidden", "")]
    public void An_object_is_named_by_its_file_up_to_the_first_dot_and_at_most_15_bytes(string path, string name) =>
        Assert.Equal(name, ObjectImage.NameFromPath(path));

    [Fact]
    public void Functions_know_their_types_and_objects_without_BTF_have_none()
    {
        Assert.All(TestObjects.Read("subprograms").Functions, f => Assert.NotEqual(0u, f.TypeId));

        ObjectImage plain = TestObjects.Read("no_btf");
        Assert.Null(plain.Types);
        Assert.All(plain.Functions, f => Assert.Equal(0u, f.TypeId));
        Assert.Equal(["doubled", "plain"], plain.Programs.Select(p => p.Name));
    }

    [Fact]
    public void A_static_function_that_others_of_its_section_call_is_a_subprogram_and_one_that_nobody_calls_a_program()
    {
        ObjectImage image = TestObjects.Read("static_program");

        Assert.Equal(["is_static", "calls_static", "is_global"], image.Programs.Select(p => p.Name));
        Assert.Equal("add_one", Assert.Single(image.Subprograms).Name);
    }

    [Fact]
    public void A_global_function_in_a_program_section_stays_a_program_when_others_call_it()
    {
        Assert.Equal(["callee", "caller"], TestObjects.Read("calls_sibling").Programs.Select(p => p.Name));
        Assert.Equal(["callee", "caller"], TestObjects.Read("calls_other_section").Programs.Select(p => p.Name));
    }

    [Fact]
    public void Every_committed_object_opens_but_the_one_with_a_program_of_no_instructions()
    {
        string[] refused = [.. TestFiles.AllObjects().Where(path => !Opens(path)).Select(path => Path.GetFileName(path))];

        Assert.Equal(["empty_program.o"], refused);
    }

    private static bool Opens(string path)
    {
        try
        {
            ObjectImage.Read(File.ReadAllBytes(path), path);
            return true;
        }
        catch (BpfException)
        {
            return false;
        }
    }
}
