namespace Ebpf.Tests.Objects;

public sealed class VariableTests
{
    [Theory]
    [InlineData("answer", "int", "42")]
    [InlineData("small", "u8", "200")]
    [InlineData("negative", "s16", "-300")]
    [InlineData("big", "u64", "1234605616436508552")]
    [InlineData("flag", "_Bool", "true")]
    [InlineData("level", "enum level", "MIDDLE")]
    [InlineData("text", "char [16]", "\"hello\"")]
    [InlineData("table", "u32 [4]", "010000000a00000064000000e8030000")]
    [InlineData("limit", "const volatile u32", "100")]
    [InlineData("offset", "const volatile s64", "-5")]
    [InlineData("counter", "u64", "0")]
    public void A_variable_has_its_type_and_value_as_text(string name, string type, string text)
    {
        BpfVariableSpec variable = TestData.Open("globals").Variables[name];

        Assert.Equal(type, variable.TypeName);
        Assert.Equal(text, variable.Text);
    }

    [Theory]
    [InlineData("answer", "-7", "-7")]
    [InlineData("answer", "0xffffffff", "-1")]
    [InlineData("small", "0xff", "255")]
    [InlineData("flag", "false", "false")]
    [InlineData("flag", "1", "true")]
    [InlineData("level", "HIGH", "HIGH")]
    [InlineData("level", "5", "MIDDLE")]
    [InlineData("text", "good bye", "\"good bye\"")]
    [InlineData("text", "\"\"", "\"\"")]
    [InlineData("table", "00000000 01000000 02000000 03000000", "00000000010000000200000003000000")]
    [InlineData("counter", "18446744073709551615", "18446744073709551615")]
    public void A_variable_is_set_by_text(string name, string text, string becomes)
    {
        BpfVariableSpec variable = TestData.Open("globals").Variables[name];

        variable.SetText(text);

        Assert.Equal(becomes, variable.Text);
        Assert.True(variable.Map.IsEdited);
    }

    [Theory]
    [InlineData("answer", "4294967296")]
    [InlineData("answer", "2147483648")]
    [InlineData("answer", "-2147483649")]
    [InlineData("answer", "forty-two")]
    [InlineData("answer", "")]
    [InlineData("small", "-1")]
    [InlineData("small", "256")]
    [InlineData("small", "0x100")]
    [InlineData("flag", "maybe")]
    [InlineData("level", "HIGHEST")]
    [InlineData("text", "much too long a text")]
    [InlineData("table", "0102")]
    [InlineData("table", "zz")]
    public void Text_that_does_not_fit_is_refused_in_one_line_and_changes_nothing(string name, string text)
    {
        BpfVariableSpec variable = TestData.Open("globals").Variables[name];
        string before = variable.Text;

        BpfException e = Assert.Throws<BpfException>(() => variable.SetText(text));

        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(before, variable.Text);
        Assert.False(variable.Map.IsEdited);
    }

    [Fact]
    public void A_variable_is_read_and_set_as_a_type_of_its_size()
    {
        BpfObject obj = TestData.Open("globals");

        obj.Variables["answer"].Set(7);
        obj.Variables["corner"].Set(new Point { X = 10, Y = 20, Label = 30 });

        Assert.Equal(7, obj.Variables["answer"].Get<int>());
        Assert.Equal(20, obj.Variables["corner"].Get<Point>().Y);
        Assert.Throws<ArgumentException>(() => obj.Variables["answer"].Get<long>());
        Assert.Throws<ArgumentException>(() => obj.Variables["answer"].Set((short)1));
    }

    [Fact]
    public void A_wrong_enumerator_lists_those_there_are()
    {
        BpfVariableSpec variable = TestData.Open("globals").Variables["level"];

        BpfException e = Assert.Throws<BpfException>(() => variable.SetText("HIGHEST"));

        Assert.Contains("did you mean 'HIGH'", e.Message, StringComparison.Ordinal);
    }

    private struct Point
    {
        public int X;
        public int Y;
        public long Label;
    }
}
