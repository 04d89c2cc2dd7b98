using System.Buffers.Binary;
using Ebpf.Bytecode.Objects;

namespace Ebpf.Bytecode.Tests.Objects;

public class VariableReadingTests
{
    [Fact]
    public void Variables_are_where_the_symbols_say_and_of_the_type_that_BTF_says()
    {
        ObjectImage image = TestObjects.Read("globals");

        Assert.Equal(42, BinaryPrimitives.ReadInt32LittleEndian(Bytes(image, "answer")));
        Assert.Equal(0x1122334455667788u, BinaryPrimitives.ReadUInt64LittleEndian(Bytes(image, "big")));
        Assert.Equal("hello"u8.ToArray(), Bytes(image, "text")[..5].ToArray());
        Assert.Equal(77, BinaryPrimitives.ReadInt32LittleEndian(Bytes(image, "in_data")));
        Assert.Equal(-5, BinaryPrimitives.ReadInt64LittleEndian(Bytes(image, "offset")));
        Assert.Equal("point", image.Types!.SkipModifiers(Variable(image, "corner").TypeId).Name);
        Assert.Equal(32u, Variable(image, "history").Size);
    }

    [Fact]
    public void Static_variables_are_told_from_global_ones()
    {
        ObjectImage image = TestObjects.Read("globals");

        Assert.True(Variable(image, "counter").IsGlobal);
        Assert.False(Variable(image, "total").IsGlobal);
    }

    [Fact]
    public void Variables_of_a_section_do_not_overlap()
    {
        foreach (IGrouping<int, VariableImage> section in TestObjects.Read("globals").Variables.GroupBy(v => v.Map))
        {
            uint end = 0;
            foreach (VariableImage variable in section)
            {
                Assert.True(variable.Offset >= end, $"{variable} begins before {end}");
                end = variable.Offset + variable.Size;
            }
        }
    }

    private static VariableImage Variable(ObjectImage image, string name) => image.Variables.Single(v => v.Name == name);

    private static ReadOnlySpan<byte> Bytes(ObjectImage image, string name)
    {
        VariableImage variable = Variable(image, name);
        return image.Maps[variable.Map].InitialData.Span.Slice((int)variable.Offset, (int)variable.Size);
    }
}
