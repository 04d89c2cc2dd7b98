using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ebpf.Generator;

/// <summary>Writes, for each class with a <c>[ProgramType]</c>, its <c>Type</c> property and the function that programs call for each of its <c>[Helper]</c>s.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class HostGenerator : IIncrementalGenerator
{
    private const string ProgramType = "Ebpf.Hosting.ProgramTypeAttribute";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<Generated> classes = context.SyntaxProvider.ForAttributeWithMetadataName(
            ProgramType,
            static (node, _) => node is ClassDeclarationSyntax,
            static (found, _) => Generate(found));
        context.RegisterSourceOutput(classes, static (output, generated) =>
        {
            foreach (Finding finding in generated.Findings)
                output.ReportDiagnostic(finding.ToDiagnostic());
            if (generated.Source.Length > 0)
                output.AddSource(generated.HintName, generated.Source);
        });
    }

    private static Generated Generate(GeneratorAttributeSyntaxContext found)
    {
        var type = (INamedTypeSymbol)found.TargetSymbol;
        var source = new HostSource(type, found.Attributes[0]);
        bool isPartial = ((ClassDeclarationSyntax)found.TargetNode).Modifiers.Any(m => m.IsKind(SyntaxKind.PartialKeyword));
        if (!isPartial || !type.IsStatic || type.ContainingType is not null)
            source.Report(Finding.NotPartial, type, type.Name);
        if (!((CSharpCompilation)found.SemanticModel.Compilation).Options.AllowUnsafe)
            source.Report(Finding.NotUnsafe, type, type.Name);
        return source.Write();
    }
}
