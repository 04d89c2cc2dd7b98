using Ebpf.Bytecode.Btf;

namespace Ebpf.Fuzz.Mutation;

/// <summary>The numbers of type information: all words but the strings, and the parts of the word that says what a type is.</summary>
internal static class BtfFields
{
    public static Seed Of(byte[] bytes)
    {
        var view = BtfView.Read(bytes, "seed");
        var whole = new Seed(bytes, [], view.IsLittleEndian);
        int header = (int)whole.Read(new Field(4, 4));
        int start = header + (int)whole.Read(new Field(8, 4));
        int length = (int)whole.Read(new Field(12, 4));

        List<Field> fields = [new(2, 1), new(3, 1)];
        fields.AddRange(BtfExtFields.Words(4, header - 4));
        fields.AddRange(BtfExtFields.Words(start, length));
        foreach (BtfType type in view.Types)
        {
            // Kind and flag are the highest byte of the second word; how many members follow the lowest.
            int info = (int)type.RestOffset - 12 + 4 + start;
            fields.Add(new Field(info + (view.IsLittleEndian ? 3 : 0), 1));
            fields.Add(new Field(info + (view.IsLittleEndian ? 0 : 3), 1));
        }

        return new Seed(bytes, [.. fields], view.IsLittleEndian);
    }
}
