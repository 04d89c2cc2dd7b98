using Ebpf.Bytecode.Btf;

namespace Ebpf.Tests.Oracle;

/// <summary>The programs of verdicts.bpf.c, each with the verdict that stands beside it: accepted, or refused by which rule, in which line, with which words.</summary>
public sealed class VerdictCorpusTests
{
    private const string File = "verdicts.o", Prefix = "verdict:";

    private static readonly BpfObject Corpus = BpfObject.Open(TestData.Path(File));

    public static TheoryData<string, string> Programs
    {
        get
        {
            BtfView types = Corpus.Types!;
            var programs = new TheoryData<string, string>();
            foreach (BtfType tag in types.Types)
            {
                if (tag.Kind == BtfKind.DeclTag && tag.Name.StartsWith(Prefix, StringComparison.Ordinal))
                    programs.Add(types[tag.ReferencedType].Name, tag.Name[Prefix.Length..]);
            }

            return programs;
        }
    }

    [Theory, MemberData(nameof(Programs))]
    public void A_program_gets_the_verdict_that_stands_beside_it(string program, string expected)
    {
        BpfObject obj = BpfObject.Open(TestData.Path(File));
        obj.Programs[program].AutoLoad = true;

        ProgramVerdict verdict = Assert.Single(obj.Verify(), v => v.Program == program);

        if (expected == "accept")
        {
            Assert.True(verdict.IsAccepted, verdict.Error?.Message);
            return;
        }

        string[] parts = expected.Split('|');
        var refusal = Assert.IsType<VerifierException>(verdict.Error);
        Assert.Equal(parts[1], refusal.Rule);
        Assert.Contains(parts[3], refusal.Reason);
        if (parts[2].Length > 0)
            Assert.Contains(parts[2], refusal.SourceLine?.Text);
    }
}
