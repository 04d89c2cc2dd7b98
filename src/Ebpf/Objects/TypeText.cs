using Ebpf.Bytecode.Btf;

namespace Ebpf;

/// <summary>The name of a type as C writes it, without its members.</summary>
internal static class TypeText
{
    private const int DeepestNesting = 32;

    internal static string Of(BtfView types, uint id) => Of(types, id, "", 0);

    /// <param name="types">The types.</param>
    /// <param name="id">The type.</param>
    /// <param name="declarator">What stands where a declaration has its name: stars, brackets.</param>
    /// <param name="depth">How deep the walk is: damaged types can go in circles.</param>
    private static string Of(BtfView types, uint id, string declarator, int depth)
    {
        if (depth == DeepestNesting)
        {
            return "…" + declarator;
        }

        BtfType type = types[id];
        string Then(string text) => Of(types, type.ReferencedType, text, depth + 1);
        return type.Kind switch
        {
            BtfKind.Void => "void" + declarator,
            BtfKind.Struct => Tagged("struct", type, declarator),
            BtfKind.Union => Tagged("union", type, declarator),
            BtfKind.Enum or BtfKind.Enum64 => Tagged("enum", type, declarator),
            BtfKind.Fwd => Tagged(type.KindFlag ? "union" : "struct", type, declarator),
            BtfKind.Ptr when types[type.ReferencedType].Kind is BtfKind.Array or BtfKind.FuncProto => Then($" (*{declarator.TrimStart()})"),
            BtfKind.Ptr => Then(" *" + declarator.TrimStart()),
            BtfKind.Array => Of(types, type.Array.ElementType, $"{declarator}[{type.Array.Length}]", depth + 1),
            BtfKind.Const => "const " + Then(declarator),
            BtfKind.Volatile => "volatile " + Then(declarator),
            BtfKind.Restrict or BtfKind.TypeTag or BtfKind.Var => Then(declarator),
            BtfKind.FuncProto => Then($"{declarator}(…)"),
            _ => type.Name + declarator,
        };
    }

    private static string Tagged(string keyword, in BtfType type, string declarator) =>
        (type.IsAnonymous ? keyword + " {…}" : $"{keyword} {type.Name}") + declarator;
}
