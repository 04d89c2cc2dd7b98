using System.Text;
using Microsoft.CodeAnalysis;

namespace Ebpf.Generator;

/// <summary>How types and names look in C.</summary>
internal static class CTypes
{
    /// <summary>The C type of a number; null for what is none.</summary>
    internal static string? OfNumber(ITypeSymbol type) => Underlying(type).SpecialType switch
    {
        SpecialType.System_Boolean => "_Bool",
        SpecialType.System_Byte => "unsigned char",
        SpecialType.System_SByte => "signed char",
        SpecialType.System_Int16 => "short",
        SpecialType.System_UInt16 or SpecialType.System_Char => "unsigned short",
        SpecialType.System_Int32 => "int",
        SpecialType.System_UInt32 => "unsigned int",
        SpecialType.System_Int64 or SpecialType.System_IntPtr => "long long",
        SpecialType.System_UInt64 or SpecialType.System_UIntPtr => "unsigned long long",
        _ => null,
    };

    /// <summary>An enum's own number.</summary>
    internal static ITypeSymbol Underlying(ITypeSymbol type) => type is INamedTypeSymbol { EnumUnderlyingType: { } underlying } ? underlying : type;

    /// <summary>LikeThis as like_this.</summary>
    internal static string Name(string name)
    {
        var text = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool begins = char.IsUpper(name[i]) && i > 0 && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (begins)
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
