using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Elf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Tests.Btf;

namespace Ebpf.Bytecode.Tests.Objects;

/// <summary>Definitions that no compiler would make of sensible source. The error numbers are those that libbpf 1.8 gives to the same objects.</summary>
public class MapDefinitionTests
{
    private const uint Array = 2, ProgArray = 3, ArrayOfMaps = 12, HashOfMaps = 13;

    [Theory]
    [InlineData("no type", Errno.EINVAL)]
    [InlineData("type is an int", Errno.EINVAL)]
    [InlineData("type points to an int", Errno.EINVAL)]
    [InlineData("two key sizes", Errno.EINVAL)]
    [InlineData("key and its size differ", Errno.EINVAL)]
    [InlineData("two value sizes", Errno.EINVAL)]
    [InlineData("key is no pointer", Errno.EINVAL)]
    [InlineData("key of void", Errno.EINVAL)]
    [InlineData("value too large", Errno.E2BIG)]
    [InlineData("values of an array", Errno.EOPNOTSUPP)]
    [InlineData("values before type", Errno.EOPNOTSUPP)]
    [InlineData("values not last", Errno.EINVAL)]
    [InlineData("values of 8 bytes", Errno.EINVAL)]
    [InlineData("values with a length", Errno.EINVAL)]
    [InlineData("values of no pointers", Errno.EINVAL)]
    [InlineData("values of ints", Errno.EINVAL)]
    [InlineData("values of functions in a map of maps", Errno.EINVAL)]
    [InlineData("inner maps of inner maps", Errno.EOPNOTSUPP)]
    [InlineData("pinned inner map", Errno.EINVAL)]
    [InlineData("map_extra of two enumerators", Errno.EINVAL)]
    [InlineData("definition is an int", Errno.EINVAL)]
    [InlineData("definition larger than the variable", Errno.EINVAL)]
    [InlineData("variable beyond the section", Errno.EINVAL)]
    [InlineData("variable without name", Errno.EINVAL)]
    [InlineData("extern", Errno.EOPNOTSUPP)]
    [InlineData("two arenas", Errno.EINVAL)]
    public void A_wrong_definition_is_refused_in_either_strictness(string what, Errno errno)
    {
        ObjectBuilder builder = Build(what);

        Assert.Equal(errno, Assert.Throws<BpfException>(() => builder.Read(ObjectStrictness.Libbpf)).Errno);
        Assert.Equal(errno, Assert.Throws<BpfException>(() => builder.Read()).Errno);
    }

    [Theory]
    [InlineData("unknown attribute", Errno.EOPNOTSUPP)]
    [InlineData("pinning 16", Errno.EINVAL)]
    [InlineData("static", Errno.EOPNOTSUPP)]
    public void What_other_loaders_take_opens_by_default_and_is_noted(string what, Errno errno)
    {
        ObjectBuilder builder = Build(what);

        ObjectImage image = builder.Read();

        Assert.Equal("m", Assert.Single(image.Maps).Name);
        Assert.Contains(image.Notes, n => n.Contains("map 'm'"));
        Assert.Equal(errno, Assert.Throws<BpfException>(() => builder.Read(ObjectStrictness.Libbpf)).Errno);
    }

    [Fact]
    public void A_number_of_64_bits_is_the_only_value_of_an_enumeration()
    {
        var builder = new ObjectBuilder();
        uint wide = builder.Types.Enum64("", false, ("extra", 0x1122334455667788));
        Define(builder, "m", [.. Basic(builder), ("map_extra", wide)]);

        Assert.Equal(0x1122334455667788u, Assert.Single(builder.Read().Maps).Extra);
    }

    [Fact]
    public void Maps_without_BTF_are_refused_and_the_advice_is_to_compile_with_it()
    {
        ObjectBuilder builder = Build("fine");
        builder.HasTypes = false;

        BpfException refusal = Assert.Throws<BpfException>(() => builder.Read());

        Assert.Equal(Errno.ENOENT, refusal.Errno);
        Assert.Contains("-g", refusal.Message);
    }

    /// <summary>An object with one map, or two, of the given description.</summary>
    internal static ObjectBuilder Build(string what)
    {
        var builder = new ObjectBuilder();
        BtfBuilder types = builder.Types;
        (string, uint)[] basic = Basic(builder);
        uint u32 = types.Int("unsigned int", 4), function = types.FuncProto(u32);
        uint Values(uint element) => types.Array(element, u32, 0);
        uint Inner(params (string, uint)[] more) => types.Ptr(Struct(types, [.. basic, .. more]));
        (string, uint) Is(string name, uint number) => (name, Number(builder, number));
        (string, uint)[] Of(uint type, params (string, uint)[] more) => [Is("type", type), Is("key_size", 4), Is("max_entries", 2), .. more];

        switch (what)
        {
            case "fine": Define(builder, "m", basic); break;
            case "no type": Define(builder, "m", [Is("max_entries", 1)]); break;
            case "type is an int": Define(builder, "m", [("type", u32)]); break;
            case "type points to an int": Define(builder, "m", [("type", types.Ptr(u32))]); break;
            case "two key sizes": Define(builder, "m", [.. basic, Is("key_size", 8)]); break;
            case "key and its size differ": Define(builder, "m", [.. basic, ("key", types.Ptr(types.Int("u64", 8)))]); break;
            case "two value sizes": Define(builder, "m", [.. basic, Is("value_size", 8)]); break;
            case "key is no pointer": Define(builder, "m", [.. basic, ("key", u32)]); break;
            case "key of void": Define(builder, "m", [Is("type", Array), ("key", types.Ptr(0))]); break;
            case "value too large": Define(builder, "m", [Is("type", Array), ("value", types.Ptr(types.Array(types.Array(u32, u32, 0x10000), u32, 0x10000)))]); break;
            case "values of an array": Define(builder, "m", [.. basic, ("values", Values(types.Ptr(function)))]); break;
            case "values before type": Define(builder, "m", [("values", Values(types.Ptr(function)))]); break;
            case "values not last": Define(builder, "m", [.. Of(ProgArray), ("values", Values(types.Ptr(function))), Is("map_flags", 0)]); break;
            case "values of 8 bytes": Define(builder, "m", Of(ProgArray, Is("value_size", 8), ("values", Values(types.Ptr(function))))); break;
            case "values with a length": Define(builder, "m", Of(ProgArray, ("values", types.Array(types.Ptr(function), u32, 2)))); break;
            case "values of no pointers": Define(builder, "m", Of(ProgArray, ("values", Values(u32)))); break;
            case "values of ints": Define(builder, "m", Of(ProgArray, ("values", Values(types.Ptr(u32))))); break;
            case "values of functions in a map of maps": Define(builder, "m", Of(ArrayOfMaps, ("values", Values(types.Ptr(function))))); break;
            case "inner maps of inner maps":
                uint nested = types.Ptr(Struct(types, [.. Of(HashOfMaps), ("values", Values(Inner()))]));
                Define(builder, "m", Of(ArrayOfMaps, ("values", Values(nested))));
                break;
            case "pinned inner map": Define(builder, "m", Of(ArrayOfMaps, ("values", Values(Inner(Is("pinning", 1)))))); break;
            case "map_extra of two enumerators": Define(builder, "m", [.. basic, ("map_extra", types.Enum("", 4, false, ("a", 1), ("b", 2)))]); break;
            case "definition is an int": DefineAs(builder, "m", u32, 4, 0, 4); break;
            case "definition larger than the variable": DefineAs(builder, "m", Struct(types, basic), 8, 0, 64); break;
            case "variable beyond the section": DefineAs(builder, "m", Struct(types, basic), 32, 48, 64); break;
            case "variable without name": Define(builder, "", basic); break;
            case "extern": Define(builder, "m", basic, BtfLinkage.Extern); break;
            case "static": Define(builder, "m", basic, BtfLinkage.Static); break;
            case "two arenas": Define2(builder, Of(33), Of(33)); break;
            case "unknown attribute": Define(builder, "m", [.. basic, Is("colour", 7)]); break;
            case "pinning 16": Define(builder, "m", [.. basic, Is("pinning", 16)]); break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }

        return builder;
    }

    private static (string Name, uint Type)[] Basic(ObjectBuilder builder) =>
        [("type", Number(builder, Array)), ("key_size", Number(builder, 4)), ("value_size", Number(builder, 4)), ("max_entries", Number(builder, 1))];

    private static uint Number(ObjectBuilder builder, uint number)
    {
        uint element = builder.Types.Int("int", 4, signed: true);
        return builder.Types.Ptr(builder.Types.Array(element, element, number));
    }

    private static uint Struct(BtfBuilder types, IReadOnlyList<(string Name, uint Type)> members) =>
        types.Struct("", (uint)members.Count * 8, [.. members.Select((m, i) => new Field(m.Name, m.Type, (uint)i * 64))]);

    private static void Define(ObjectBuilder builder, string name, IReadOnlyList<(string Name, uint Type)> members, BtfLinkage linkage = BtfLinkage.Global) =>
        DefineAs(builder, name, Struct(builder.Types, members), (uint)members.Count * 8, 0, members.Count * 8, linkage);

    private static void DefineAs(ObjectBuilder builder, string name, uint definition, uint size, uint offset, int sectionSize, BtfLinkage linkage = BtfLinkage.Global)
    {
        builder.HasTypes = true;
        int section = builder.Data(".maps", sectionSize);
        builder.Symbol(name, section, offset, size, ElfSymbolType.Object);
        uint variable = builder.Types.Var(name, definition, linkage);
        builder.Types.DataSec(".maps", (uint)sectionSize, (variable, offset, size));
    }

    private static void Define2(ObjectBuilder builder, (string, uint)[] first, (string, uint)[] second)
    {
        builder.HasTypes = true;
        int section = builder.Data(".maps", (first.Length + second.Length) * 8);
        uint a = builder.Types.Var("a", Struct(builder.Types, first), BtfLinkage.Global), b = builder.Types.Var("b", Struct(builder.Types, second), BtfLinkage.Global);
        builder.Symbol("a", section, 0, (ulong)first.Length * 8, ElfSymbolType.Object);
        builder.Symbol("b", section, (ulong)first.Length * 8, (ulong)second.Length * 8, ElfSymbolType.Object);
        builder.Types.DataSec(".maps", (uint)(first.Length + second.Length) * 8, (a, 0, (uint)first.Length * 8), (b, (uint)first.Length * 8, (uint)second.Length * 8));
    }
}
