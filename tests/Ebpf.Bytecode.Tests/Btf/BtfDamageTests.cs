using Ebpf.Bytecode.Btf;

namespace Ebpf.Bytecode.Tests.Btf;

public sealed class BtfDamageTests
{
    [Theory]
    [InlineData(0, 0x1234, "begins with 0x1234")]
    [InlineData(2, 0x0003, "BTF version 3 at offset 2")]
    [InlineData(4, 0x0004, "header length 4 at offset 4")]
    [InlineData(4, 0xffff, "header length 65535 at offset 4")]
    [InlineData(8, 0x0002, "no multiple of 4")]
    [InlineData(12, 0xffff, "65535 bytes of types")]
    [InlineData(20, 0xffff, "65535 bytes of strings")]
    [InlineData(12, 0x0010, "type [1] at offset 0x0 of the types takes 24 bytes, beyond their end at 0x10")]
    public void A_damaged_header_is_refused_with_its_field(int offset, ushort value, string message)
    {
        byte[] bytes = Small();
        BitConverter.TryWriteBytes(bytes.AsSpan(offset), value);

        Assert.Contains(message, Refusal(bytes));
    }

    [Fact]
    public void Strings_without_their_zeros_are_refused()
    {
        byte[] open = Small();
        open[^1] = (byte)'x';
        Assert.Contains("do not end with a zero", Refusal(open));
    }

    [Fact]
    public void Any_prefix_of_type_information_is_refused_or_read_but_never_crashes()
    {
        byte[] bytes = Small();
        for (int length = 0; length < bytes.Length; length++)
            Assert.ThrowsAny<BpfException>(() => BtfView.Read(bytes.AsMemory(0, length)).Validate());
    }

    [Fact]
    public void A_kind_that_is_not_known_is_named()
    {
        var builder = new BtfBuilder();
        builder.Int("int", 4);
        builder.Type("new", (BtfKind)20, 0, false, 0);

        Assert.Contains("type [2] at offset 0x10 of the types is of kind 20, which is not known", Refusal(builder.Build()));
    }

    [Fact]
    public void A_kind_that_is_not_known_is_passed_over_where_the_layout_tells_its_size()
    {
        var builder = new BtfBuilder();
        builder.Type("new", (BtfKind)20, 2, false, 0, 1, 2, 3, 4, 5);
        builder.Int("int", 4);
        byte[] bytes = WithLayout(builder.Build(), kind: 20, info: 4, element: 8);

        BtfView view = BtfView.Read(bytes);

        Assert.Equal("int", view[2].Name);
        Assert.Equal((BtfKind)20, view[1].Kind);
        view.Validate();
    }

    [Fact]
    public void Names_and_types_that_do_not_exist_are_an_error_where_they_are_used()
    {
        var builder = new BtfBuilder();
        builder.Type("", BtfKind.Ptr, 0, false, 99);
        byte[] bytes = builder.Build();
        BitConverter.TryWriteBytes(bytes.AsSpan(24), 0x7fffffff);
        BtfView view = BtfView.Read(bytes, "x.o");

        Assert.Equal("x.o: string offset 0x7fffffff lies outside the 0x1 bytes of strings; the type information is damaged", Assert.ThrowsAny<BpfException>(() => view[1].Name).Message);
        Assert.Equal("x.o: there is no type [99]: ids end at 1", Assert.ThrowsAny<BpfException>(() => view[view[1].ReferencedType]).Message);
        Assert.ThrowsAny<BpfException>(() => view.FindByName("a", BtfKind.Ptr));
        Assert.ThrowsAny<BpfException>(() => view[1].Int);
        Assert.ThrowsAny<BpfException>(() => view[1].Linkage);
        Assert.ThrowsAny<BpfException>(() => view[1].Array);
        Assert.ThrowsAny<BpfException>(() => view[1].ComponentIndex);
    }

    private static byte[] Small()
    {
        var builder = new BtfBuilder();
        builder.Struct("s", 4, new Field("m", 2, 0));
        builder.Int("int", 4);
        return builder.Build();
    }

    /// <summary>Lengthens the header by the two fields that tell where the layout is, and puts it between types and strings.</summary>
    private static byte[] WithLayout(byte[] bytes, byte kind, byte info, byte element)
    {
        int types = BitConverter.ToInt32(bytes, 12);
        byte[] layout = new byte[(kind + 1) * 4];
        layout[kind * 4] = info;
        layout[kind * 4 + 1] = element;
        byte[] header = [.. bytes[..24], .. BitConverter.GetBytes(types), .. BitConverter.GetBytes(layout.Length)];
        BitConverter.TryWriteBytes(header.AsSpan(4), 32);
        BitConverter.TryWriteBytes(header.AsSpan(16), types + layout.Length);
        return [.. header, .. bytes[24..(24 + types)], .. layout, .. bytes[(24 + types)..]];
    }

    private static string Refusal(byte[] bytes) => Assert.ThrowsAny<BpfException>(() => BtfView.Read(bytes, "x.o")).Message;
}
