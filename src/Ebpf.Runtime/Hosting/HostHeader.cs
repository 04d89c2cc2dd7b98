using System.Globalization;
using System.Text;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Hosting;

/// <summary>Writes the C header of a host's program type. It needs no other header.</summary>
internal static class HostHeader
{
    internal static string Write(HostProgramType type)
    {
        var text = new StringBuilder();
        string guard = $"__{Identifier(type.Name).ToUpperInvariant()}_HOST_H";
        text.Append(CultureInfo.InvariantCulture, $"/* Programs of type {type.Name}: SEC(\"{type.Name}\"), with struct {type.ContextName} * as their argument");
        if (type.Returns is { } range)
            text.Append(CultureInfo.InvariantCulture, $"; they return {range.Min} to {range.Max}");
        text.Append(" */\n").Append(CultureInfo.InvariantCulture, $"#ifndef {guard}\n#define {guard}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"struct {type.ContextName} {{\n");
        int end = 0;
        foreach (HostField field in type.Fields)
        {
            Pad(text, ref end, field.Offset);
            end = field.Offset + field.Size;
            string note = field.Access switch { HostAccess.None => " /* the host's own */", HostAccess.ReadWrite => " /* may be written */", _ => "" };
            string array = field.Count > 1 ? $"[{field.Count}]" : "";
            text.Append(CultureInfo.InvariantCulture, $"\t{field.CType}{(field.CType.EndsWith('*') ? "" : " ")}{field.Name}{array};{note}\n");
        }

        Pad(text, ref end, type.ContextSize);
        text.Append("} __attribute__((packed, aligned(8)));\n\n");
        foreach (HostHelper helper in type.Helpers)
        {
            string parameters = helper.Parameters.IsEmpty ? "void" : string.Join(", ", helper.Parameters.Select(Declare));
            text.Append(CultureInfo.InvariantCulture, $"static {helper.ResultType} (*const {helper.Name})({parameters}) = (void *){HostType.FirstHelper + helper.Number};\n");
        }

        return text.Append("\n#endif\n").ToString();
    }

    private static void Pad(StringBuilder text, ref int end, int offset)
    {
        if (offset > end)
            text.Append(CultureInfo.InvariantCulture, $"\tunsigned char __pad{end}[{offset - end}];\n");
        end = Math.Max(end, offset);
    }

    private static string Declare(HostParameter parameter) => parameter.Kind == HostParameterKind.Callback
        ? $"long (*{parameter.Name})(unsigned long long number, void *context)"
        : $"{parameter.CType}{(parameter.CType.EndsWith('*') ? "" : " ")}{parameter.Name}";

    private static string Identifier(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
}
