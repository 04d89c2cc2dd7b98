using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Ebpf.Generator;

/// <summary>What is wrong with a class, where.</summary>
internal sealed class Finding : IEquatable<Finding>
{
    internal static readonly DiagnosticDescriptor NotPartial = Rule("EBPF001", "'{0}' must be a static partial class that is not nested, to define a type of program");
    internal static readonly DiagnosticDescriptor NotUnsafe = Rule("EBPF002", "'{0}' needs <AllowUnsafeBlocks>true</AllowUnsafeBlocks>: helpers get pointers");
    internal static readonly DiagnosticDescriptor NotUnmanaged = Rule("EBPF003", "'{0}' must be an unmanaged structure, to be a context");
    internal static readonly DiagnosticDescriptor NotStatic = Rule("EBPF004", "helper '{0}' must be static and not generic");
    internal static readonly DiagnosticDescriptor BadParameter = Rule("EBPF005", "'{0}' cannot be a parameter of a helper: use numbers, spans of unmanaged types, in/ref/out of unmanaged types, HostMap, HostCallback or HostRun");
    internal static readonly DiagnosticDescriptor BadResult = Rule("EBPF006", "helper '{0}' must return a number, a bool, an enum or nothing");
    internal static readonly DiagnosticDescriptor TooManyRegisters = Rule("EBPF007", "helper '{0}' takes more than five registers; a span takes two, a callback two");
    internal static readonly DiagnosticDescriptor BadField = Rule("EBPF008", "field '{0}' cannot be in a context: use numbers, enums, fixed buffers, unmanaged structures, and nint for [Data] and [DataEnd]");

    private readonly DiagnosticDescriptor _descriptor;
    private readonly string _argument;
    private readonly string _path;
    private readonly TextSpan _span;
    private readonly LinePositionSpan _lines;

    internal Finding(DiagnosticDescriptor descriptor, ISymbol where, string argument)
    {
        _descriptor = descriptor;
        _argument = argument;
        FileLinePositionSpan place = where.Locations[0].GetLineSpan();
        _path = place.Path;
        _span = where.Locations[0].SourceSpan;
        _lines = place.Span;
    }

    public bool Equals(Finding? other) =>
        other is not null && _descriptor.Id == other._descriptor.Id && _argument == other._argument && _path == other._path && _span == other._span && _lines == other._lines;

    public override bool Equals(object? obj) => Equals(obj as Finding);

    public override int GetHashCode() => _argument.GetHashCode();

    internal Diagnostic ToDiagnostic() => Diagnostic.Create(_descriptor, Location.Create(_path, _span, _lines), _argument);

    private static DiagnosticDescriptor Rule(string id, string message) => new(id, message, message, "Ebpf", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
