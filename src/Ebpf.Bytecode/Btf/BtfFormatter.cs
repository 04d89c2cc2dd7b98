using System.Globalization;
using System.Text;

namespace Ebpf.Bytecode.Btf;

/// <summary>Writes types as C does.</summary>
internal sealed class BtfFormatter(BtfView view)
{
    private const int DeepestNesting = 64;
    private const int LongestText = 1 << 20;
    private const string Indentation = "    ";

    private readonly StringBuilder _text = new();

    /// <summary>A declaration of something of that type; a struct, union or enumeration goes by its name, or is written out where it has none.</summary>
    public string Declaration(uint id, string name)
    {
        Declare(id, name, 0);
        return _text.ToString();
    }

    /// <summary>The definition of a type.</summary>
    public string Definition(uint id)
    {
        BtfType type = view[id];
        switch (type.Kind)
        {
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64:
                Body(type, 0);
                _text.Append(';');
                break;
            case BtfKind.Typedef:
                _text.Append("typedef ");
                Declare(type.ReferencedType, type.Name, 0);
                _text.Append(';');
                break;
            case BtfKind.Func or BtfKind.Var:
                _text.Append(type.Linkage switch { BtfLinkage.Static => "static ", BtfLinkage.Extern => "extern ", _ => "" });
                Declare(type.ReferencedType, type.Name, 0);
                _text.Append(';');
                break;
            case BtfKind.DataSec:
                Section(type);
                break;
            case BtfKind.Fwd:
                Declare(id, "", 0);
                _text.Append(';');
                break;
            case BtfKind.DeclTag:
                _text.Append("__attribute__((btf_decl_tag(\"").Append(type.Name).Append("\")))");
                break;
            default:
                Declare(id, "", 0);
                break;
        }

        return _text.ToString();
    }

    /// <summary>Writes the type around a declarator: C reads from the inside out.</summary>
    private void Declare(uint id, string declarator, int depth)
    {
        string qualifiers = "";
        for (int links = 0; ; links++)
        {
            if (links > DeepestNesting || declarator.Length > LongestText)
                throw TooLong(id);

            BtfType type = view[id];
            switch (type.Kind)
            {
                case BtfKind.Ptr:
                    declarator = "*" + Join(qualifiers, declarator);
                    qualifiers = "";
                    if (Unqualified(type.ReferencedType).Kind is BtfKind.Array or BtfKind.FuncProto)
                        declarator = $"({declarator})";
                    break;
                case BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag:
                    qualifiers = Join(qualifiers, Qualifier(type));
                    break;
                case BtfKind.Array:
                    BtfArray array = type.Array;
                    declarator = array.Length == 0 ? declarator + "[]" : string.Create(CultureInfo.InvariantCulture, $"{declarator}[{array.Length}]");
                    id = array.ElementType;
                    continue;
                case BtfKind.FuncProto:
                    declarator += Parameters(type, depth);
                    break;
                default:
                    Append(qualifiers);
                    if (qualifiers.Length > 0)
                        Append(" ");
                    Base(type, depth);
                    if (declarator.Length > 0)
                        Append(" ");
                    Append(declarator);
                    return;
            }

            id = type.ReferencedType;
        }
    }

    private void Base(in BtfType type, int depth)
    {
        switch (type.Kind)
        {
            case BtfKind.Void:
                Append("void");
                break;
            case BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 when type.IsAnonymous:
                Body(type, depth);
                break;
            case BtfKind.Fwd:
                Append(type.KindFlag ? "union " : "struct ");
                Append(type.Name);
                break;
            default:
                if (Keyword(type.Kind) is string keyword)
                    Append(keyword + " ");
                Append(type.IsAnonymous ? $"<{type.Kind.Text()}>" : type.Name);
                break;
        }
    }

    private void Body(in BtfType type, int depth)
    {
        if (depth == DeepestNesting)
            throw TooLong(type.Id);

        Append(Keyword(type.Kind)!);
        if (!type.IsAnonymous)
            Append(" " + type.Name);
        Append(" {\n");
        foreach (BtfMember member in type.Members)
        {
            Indent(depth + 1);
            Declare(member.Type, member.Name, depth + 1);
            if (member.BitfieldSize != 0)
                Append(string.Create(CultureInfo.InvariantCulture, $" : {member.BitfieldSize}"));
            Append(";\n");
        }

        foreach (BtfEnumerator enumerator in type.Enumerators)
        {
            Indent(depth + 1);
            Append(string.Create(CultureInfo.InvariantCulture, $"{enumerator.Name} = {(enumerator.IsSigned ? enumerator.Value : (Int128)(ulong)enumerator.Value)},\n"));
        }

        Indent(depth);
        Append("}");
    }

    private void Section(in BtfType type)
    {
        Append($"section {type.Name} {{\n");
        foreach (BtfSectionVariable variable in type.SectionVariables)
        {
            BtfType declared = view[variable.Type];
            Append(Indentation);
            Declare(declared.Kind is BtfKind.Var or BtfKind.Func ? declared.ReferencedType : variable.Type, declared.Name, 1);
            Append(string.Create(CultureInfo.InvariantCulture, $"; // offset {variable.Offset}, {variable.Size} bytes\n"));
        }

        Append("};");
    }

    private string Parameters(in BtfType prototype, int depth)
    {
        if (depth == DeepestNesting)
            throw TooLong(prototype.Id);
        if (prototype.VLen == 0)
            return "(void)";

        // Parameters are inside the declarator, which is not written yet.
        var inner = new BtfFormatter(view);
        inner.Append("(");
        int left = prototype.VLen;
        foreach (BtfParameter parameter in prototype.Parameters)
        {
            if (parameter.IsVariadic)
                inner.Append("...");
            else
                inner.Declare(parameter.Type, parameter.Name, depth + 1);
            inner.Append(--left > 0 ? ", " : ")");
        }

        return inner._text.ToString();
    }

    private static string Qualifier(in BtfType type) => type.Kind switch
    {
        BtfKind.Const => "const",
        BtfKind.Volatile => "volatile",
        BtfKind.Restrict => "restrict",
        _ => type.KindFlag ? $"__attribute__(({type.Name}))" : $"__attribute__((btf_type_tag(\"{type.Name}\")))",
    };

    private static string? Keyword(BtfKind kind) => kind switch
    {
        BtfKind.Struct => "struct",
        BtfKind.Union => "union",
        BtfKind.Enum or BtfKind.Enum64 => "enum",
        _ => null,
    };

    /// <summary>What qualifiers and tags, but no typedefs, are around.</summary>
    private BtfType Unqualified(uint id)
    {
        BtfType type = view[id];
        for (int links = 0; type.IsModifierOrTypedef && type.Kind != BtfKind.Typedef; links++)
        {
            if (links > DeepestNesting)
                throw TooLong(id);
            type = view[type.ReferencedType];
        }

        return type;
    }

    private static string Join(string left, string right) => left.Length == 0 ? right : right.Length == 0 ? left : left + " " + right;

    private void Indent(int depth)
    {
        for (int i = 0; i < depth; i++)
            Append(Indentation);
    }

    private void Append(string text)
    {
        if (_text.Length + text.Length > LongestText)
            throw new BpfException($"{view.Name}: a type takes more than {LongestText} characters to write out", Errno.E2BIG);
        _text.Append(text);
    }

    private BpfException TooLong(uint id) => view.Damaged(id, "is nested too deeply to be written out");
}
