using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Tests.Btf;

public sealed class BtfFormatTests
{
    private static readonly BtfView s_kinds = BtfView.Open(TestFiles.Data("btf_kinds.o"));

    [Theory]
    [InlineData("a_huge", "unsigned __int128 a_huge;")]
    [InlineData("a_double", "double a_double;")]
    [InlineData("a_small", "enum small a_small;")]
    [InlineData("a_flexible", "struct flexible *a_flexible;")]
    [InlineData("a_matrix", "u32 a_matrix[3][5];")]
    [InlineData("some_strings", "const char *some_strings[4];")]
    [InlineData("another_stranger", "union never_defined_either *another_stranger;")]
    [InlineData("a_pointer", "void *a_pointer;")]
    [InlineData("a_function", "int (*a_function)(struct node *, u64);")]
    [InlineData("a_variadic", "int (*a_variadic)(const char *, ...);")]
    [InlineData("a_chooser", "void (*(*a_chooser)(int))(void);")]
    [InlineData("a_restricted", "char *restrict a_restricted;")]
    [InlineData("a_constant", "const volatile int a_constant;")]
    public void A_variable_reads_as_it_was_declared(string name, string expected) =>
        Assert.Equal(expected, s_kinds.Format(s_kinds.FindByName(name, BtfKind.Var)!.Value));

    [Theory]
    [InlineData("number_pointer", "typedef const volatile number *number_pointer;")]
    [InlineData("number_pointers", "typedef number_pointer number_pointers[2];")]
    public void A_typedef_reads_as_it_was_declared(string name, string expected) =>
        Assert.Equal(expected, s_kinds.Format(s_kinds.FindByName(name, BtfKind.Typedef)!.Value));

    [Fact]
    public void A_struct_is_written_out_with_what_has_no_name_inside_it()
    {
        const string Expected = """
            struct node {
                struct node *next;
                struct node **more;
                struct tree *tree;
                struct {
                    int x;
                    union {
                        int y;
                        struct {
                            short low;
                            short high;
                        };
                    };
                };
                u32 one : 1;
                u32 two : 2;
                u32 eight : 8;
                s64 wide : 33;
            };
            """;

        Assert.Equal(Expected.ReplaceLineEndings("\n"), s_kinds.Format(s_kinds.FindByName("node", BtfKind.Struct)!.Value));
    }

    [Fact]
    public void Enumerators_keep_their_sign_and_width()
    {
        Assert.Equal("enum negative {\n    NEGATIVE_A = -1,\n    NEGATIVE_B = 1,\n};", Format("negative", BtfKind.Enum));
        Assert.Equal("enum big {\n    BIG_A = 4294967296,\n    BIG_B = 18446744073709551615,\n};", Format("big", BtfKind.Enum64));
        Assert.Equal("enum big_negative {\n    BIG_NEGATIVE_A = -4294967296,\n};", Format("big_negative", BtfKind.Enum64));
    }

    [Fact]
    public void Functions_read_with_their_linkage_and_parameters()
    {
        Assert.Equal("static int a_static_function(int first, const struct node *second);", Format("a_static_function", BtfKind.Func));
        Assert.Equal("int a_global_function(u32 argument);", Format("a_global_function", BtfKind.Func));
    }

    [Fact]
    public void Type_tags_stay_with_the_pointer_that_they_are_on()
    {
        BtfType tagged = s_kinds[s_kinds.FindByName("tagged", BtfKind.Struct)!.Value];
        BtfMember pointer = tagged.Members[2];

        Assert.Equal(
            "__attribute__((btf_type_tag(\"inner\"))) int *__attribute__((btf_type_tag(\"outer\"))) *pointer",
            s_kinds.FormatDeclaration(pointer.Type, pointer.Name));
    }

    [Fact]
    public void Declaration_tags_are_found_from_what_they_are_on()
    {
        BtfType tagged = s_kinds[s_kinds.FindByName("tagged", BtfKind.Struct)!.Value];
        BtfType function = s_kinds[s_kinds.FindByName("a_global_function", BtfKind.Func)!.Value];

        Assert.Equal([("again", -1), ("on a member", 1), ("on a struct", -1)], Tags(tagged));
        Assert.Equal([("on a function", -1), ("on an argument", 0)], Tags(function));
        Assert.Empty(s_kinds.DeclTags(s_kinds.FindByName("node", BtfKind.Struct)!.Value));
    }

    [Fact]
    public void What_nests_without_end_is_an_error_and_not_a_crash()
    {
        var builder = new BtfBuilder();
        uint self = builder.Struct("", 4, new Field("again", 1, 0));
        uint circle = builder.Ptr(3);
        builder.Ptr(2);
        uint callback = builder.FuncProto(0, ("callback", 4));
        BtfView view = builder.View();

        foreach (uint id in (uint[])[self, circle, callback])
            Assert.Contains("nested too deeply", Assert.ThrowsAny<BpfException>(() => view.Format(id)).Message);
    }

    [Fact]
    public void A_struct_that_would_take_a_megabyte_is_not_written_out()
    {
        var builder = new BtfBuilder();
        uint inner = builder.Struct("", 4, new Field("x", builder.Int("int", 4), 0));
        for (int level = 0; level < 20; level++)
            inner = builder.Struct("", 4, new Field("a", inner, 0), new Field("b", inner, 0), new Field("c", inner, 0));

        Assert.Equal(Errno.E2BIG, Assert.ThrowsAny<BpfException>(() => builder.View().Format(inner)).Errno);
    }

    private static string Format(string name, BtfKind kind) => s_kinds.Format(s_kinds.FindByName(name, kind)!.Value);

    private static IEnumerable<(string, int)> Tags(BtfType type) =>
        s_kinds.DeclTags(type.Id).Select(t => (t.Name, t.ComponentIndex)).OrderBy(t => t.Name, StringComparer.Ordinal);
}
