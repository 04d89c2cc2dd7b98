namespace Ebpf.Bytecode.Btf;

public sealed partial class BtfView
{
    /// <summary>Looks at every type at once: names and type ids exist, functions have prototypes. What libbpf checks when it opens an object.</summary>
    /// <exception cref="BpfException">The type that is damaged, and how.</exception>
    public void Validate()
    {
        foreach (BtfType type in Types)
            Validate(type);
    }

    private void Validate(in BtfType type)
    {
        CheckName(type.Id, type.NameOffset, "its name");
        switch (type.Kind)
        {
            case BtfKind.Array:
                CheckType(type.Id, type.Array.ElementType, "elements");
                CheckType(type.Id, type.Array.IndexType, "an index");
                break;
            case BtfKind.Func:
                CheckType(type.Id, type.ReferencedType, "a prototype");
                if (this[type.ReferencedType].Kind != BtfKind.FuncProto)
                    throw Damaged(type.Id, $"is a function, but its type [{type.ReferencedType}] is no prototype");
                break;
            case BtfKind.FuncProto:
                // libbpf does not look at what functions return.
                break;
            default:
                CheckType(type.Id, type.ReferencedType, "what it refers to");
                break;
        }

        foreach (BtfMember member in type.Members)
        {
            CheckName(type.Id, member.NameOffset, "the name of a member");
            CheckType(type.Id, member.Type, "a member");
        }

        foreach (BtfParameter parameter in type.Parameters)
        {
            CheckName(type.Id, parameter.NameOffset, "the name of a parameter");
            CheckType(type.Id, parameter.Type, "a parameter");
        }

        foreach (BtfEnumerator enumerator in type.Enumerators)
            CheckName(type.Id, enumerator.NameOffset, "the name of an enumerator");

        foreach (BtfSectionVariable variable in type.SectionVariables)
            CheckType(type.Id, variable.Type, "a variable");
    }

    private void CheckName(uint id, uint offset, string what)
    {
        if (!HasString(offset))
            throw Damaged(id, $"has {what} at 0x{offset:x}, outside the strings");
    }

    private void CheckType(uint id, uint referenced, string what)
    {
        if (!Contains(referenced))
            throw Damaged(id, $"has {what} of type [{referenced}], which does not exist");
    }
}
