using System.Collections.Generic;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis;

namespace Ebpf.Generator;

/// <summary>One helper: the registers that its parameters take, and the function that unpacks them.</summary>
internal sealed class HelperSource
{
    private const string Space = "Ebpf.Hosting.";

    private readonly HostSource _host;
    private readonly IMethodSymbol _method;
    private readonly List<string> _registers = [];
    private readonly List<string> _checks = [];
    private readonly List<string> _arguments = [];
    private string? _map;

    internal HelperSource(HostSource host, IMethodSymbol method)
    {
        _host = host;
        _method = method;
        foreach (IParameterSymbol parameter in method.Parameters)
            Add(parameter);
        if (_registers.Count > 5)
            host.Report(Finding.TooManyRegisters, method, method.Name);
        if (!method.IsStatic || method.IsGenericMethod)
            host.Report(Finding.NotStatic, method, method.Name);
        if (!method.ReturnsVoid && CTypes.OfNumber(method.ReturnType) is null)
            host.Report(Finding.BadResult, method, method.Name);
    }

    /// <summary>The name in C.</summary>
    private string CName(AttributeData attribute) =>
        attribute.NamedArguments.FirstOrDefault(a => a.Key == "Name").Value.Value as string ?? CTypes.Name(_method.Name);

    /// <summary>The expression that describes it.</summary>
    internal string Description(AttributeData attribute)
    {
        string parameters = string.Concat(_registers.Select(r => $",\n                {r}"));
        string result = _method.ReturnsVoid ? "void" : CTypes.OfNumber(_method.ReturnType) ?? "long";
        return $"new global::Ebpf.Hosting.HostHelper(\"{CName(attribute)}\", {attribute.ConstructorArguments[0].Value}, \"{result}\", &Call{_method.Name}{parameters})";
    }

    /// <summary>The function.</summary>
    internal void WriteFunction(StringBuilder text)
    {
        string call = $"{_method.Name}({string.Join(", ", _arguments)})";
        string result = CTypes.Underlying(_method.ReturnType).SpecialType switch
        {
            SpecialType.System_Void => $"{call};\n            return 0;",
            SpecialType.System_Boolean => $"return {call} ? 1UL : 0UL;",
            _ => $"return unchecked((ulong)(long){call});",
        };
        text.Append($$"""

                private static unsafe ulong Call{{_method.Name}}(ulong r1, ulong r2, ulong r3, ulong r4, ulong r5, global::Ebpf.Hosting.HostRun run)
                {
                    try
                    {
            {{string.Concat(_checks.Select(c => $"            {c}\n"))}}            {{result}}
                    }
                    catch (global::System.Exception exception)
                    {
                        run.Fail(exception);
                        return 0;
                    }
                }

            """);
    }

    private void Add(IParameterSymbol parameter)
    {
        ITypeSymbol type = parameter.Type;
        string name = CTypes.Name(parameter.Name);
        string display = type.ToDisplayString();
        string register = $"r{_registers.Count + 1}";
        if (display == Space + "HostRun")
            _arguments.Add("run");
        else if (parameter.RefKind != RefKind.None)
            AddReference(parameter, name, register);
        else if (display == Space + "HostMap")
            AddMap(name, register);
        else if (display == Space + "HostCallback")
            AddCallback(name, register);
        else if (type is INamedTypeSymbol { IsGenericType: true, Name: "ReadOnlySpan" or "Span" } span)
            AddSpan(parameter, span, name, register);
        else if (CTypes.OfNumber(type) is { } number)
            AddNumber(type, name, number, register);
        else
            _host.Report(Finding.BadParameter, parameter, parameter.Name);
    }

    private void AddNumber(ITypeSymbol type, string name, string number, string register)
    {
        Register("Number", 8, number, name);
        string full = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        _arguments.Add(type.SpecialType == SpecialType.System_Boolean ? $"(byte){register} != 0" : $"unchecked(({full}){register})");
    }

    private void AddMap(string name, string register)
    {
        _map = name;
        Register("Map", 0, "void *", name);
        _checks.Add($"if (!run.TryMap({register}, out global::Ebpf.Hosting.HostMap {name}_map)) return 0;");
        _arguments.Add($"{name}_map");
    }

    private void AddCallback(string name, string register)
    {
        Register("Callback", 0, "void *", name);
        Register("CallbackContext", 0, "void *", name + "_context");
        _arguments.Add($"new global::Ebpf.Hosting.HostCallback(run, {register}, r{_registers.Count})");
    }

    private void AddReference(IParameterSymbol parameter, string name, string register)
    {
        ITypeSymbol type = parameter.Type;
        if (!type.IsUnmanagedType)
        {
            _host.Report(Finding.BadParameter, parameter, parameter.Name);
            return;
        }

        string full = type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        bool isContext = SymbolEqualityComparer.Default.Equals(type, _host.Context);
        (string kind, string constant, string test, string keyword) = parameter.RefKind switch
        {
            RefKind.Ref => ("WritableStructure", "", "MayWrite", "ref "),
            RefKind.Out => ("FilledStructure", "", "MayWrite", "out "),
            _ => ("Structure", "const ", "MayRead", "in "),
        };
        string cType = isContext ? $"struct {_host.ContextName} *" : CTypes.OfNumber(type) is { } number ? $"{constant}{number} *" : $"{constant}void *";
        Register(isContext ? "Context" : kind, 0, cType, name, isContext ? "0" : $"sizeof({full})");
        if (!isContext)
            _checks.Add($"if (!run.{test}({register}, (ulong)sizeof({full}))) return 0;");
        _arguments.Add($"{keyword}*({full}*){register}");
    }

    private void AddSpan(IParameterSymbol parameter, INamedTypeSymbol span, string name, string register)
    {
        ITypeSymbol element = span.TypeArguments[0];
        bool reads = span.Name == "ReadOnlySpan";
        if (!element.IsUnmanagedType)
        {
            _host.Report(Finding.BadParameter, parameter, parameter.Name);
            return;
        }

        string full = element.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        string spanType = $"global::System.{span.Name}<{full}>";
        string test = reads ? "MayRead" : "MayWrite";
        bool isKey = Has(parameter, "MapKeyAttribute");
        if (isKey || Has(parameter, "MapValueAttribute"))
        {
            if (_map is null || !reads || element.SpecialType != SpecialType.System_Byte)
            {
                _host.Report(Finding.BadParameter, parameter, parameter.Name);
                return;
            }

            string size = $"{_map}_map.{(isKey ? "KeySize" : "ValueSize")}";
            Register(isKey ? "MapKey" : "MapValue", 0, "const void *", name);
            _checks.Add($"if (!run.MayRead({register}, (ulong){size})) return 0;");
            _arguments.Add($"new {spanType}((void*){register}, {size})");
            return;
        }

        bool mayBeEmpty = Has(parameter, "MayBeEmptyAttribute");
        string kind = (reads ? "Memory" : Has(parameter, "FilledAttribute") ? "FilledMemory" : "WritableMemory") + (mayBeEmpty && !Has(parameter, "FilledAttribute") ? "OrNull" : "");
        Register(kind, 0, reads ? "const void *" : "void *", name);
        Register(mayBeEmpty ? "MemorySizeOrZero" : "MemorySize", 8, "unsigned long long", name + "_size");
        string sizeRegister = $"r{_registers.Count}";
        _checks.Add($"if (!run.{test}({register}, {sizeRegister})) return 0;");
        string length = element.SpecialType == SpecialType.System_Byte ? $"checked((int){sizeRegister})" : $"checked((int)({sizeRegister} / (ulong)sizeof({full})))";
        _arguments.Add($"new {spanType}((void*){register}, {length})");
    }

    private void Register(string kind, int size, string cType, string name, string? sizeExpression = null) =>
        _registers.Add($"new global::Ebpf.Hosting.HostParameter(global::Ebpf.Hosting.HostParameterKind.{kind}, {sizeExpression ?? size.ToString(System.Globalization.CultureInfo.InvariantCulture)}, \"{cType}\", \"{name}\")");

    private static bool Has(ISymbol symbol, string attribute) => symbol.GetAttributes().Any(a => a.AttributeClass?.ToDisplayString() == Space + attribute);
}
