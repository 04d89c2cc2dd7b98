namespace Ebpf.Bytecode.Btf;

public sealed partial class BtfView
{
    private Dictionary<uint, List<uint>>? _tags;

    /// <summary>The definition of a type in C: a struct with its members, an enumeration with its values, a function's or variable's declaration.</summary>
    /// <exception cref="BpfException">There is no such type, or it is damaged.</exception>
    public string Format(uint id) => new BtfFormatter(this).Definition(id);

    /// <summary>A declaration in C of something that has this type: <c>struct task_struct *next</c>, <c>int (*callback)(void *ctx)</c>. Without a name it is the type alone.</summary>
    /// <exception cref="BpfException">There is no such type, or it is damaged.</exception>
    public string FormatDeclaration(uint id, string name = "") => new BtfFormatter(this).Declaration(id, name);

    /// <summary>The declaration tags on a type, function or variable of this view (not of <see cref="Base"/>), on its members and on its parameters.</summary>
    /// <returns>DECL_TAGs; <see cref="BtfType.ComponentIndex"/> says on which part.</returns>
    public IEnumerable<BtfType> DeclTags(uint id) => (_tags ??= IndexTags()).TryGetValue(id, out List<uint>? tags) ? tags.Select(tag => this[tag]) : [];

    private Dictionary<uint, List<uint>> IndexTags()
    {
        var tags = new Dictionary<uint, List<uint>>();
        foreach (BtfType type in Types)
        {
            if (type.Kind != BtfKind.DeclTag)
                continue;
            if (!tags.TryGetValue(type.ReferencedType, out List<uint>? list))
                tags.Add(type.ReferencedType, list = []);
            list.Add(type.Id);
        }

        return tags;
    }
}
