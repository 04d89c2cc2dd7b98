using System.Globalization;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Runtime.Tests.Soundness;

public class SoundnessTests
{
    // EBPF_SOUNDNESS=FIRST:COUNT runs other seeds, and more of them, by hand.
    private static readonly (int First, int Count) Seeds =
        Environment.GetEnvironmentVariable("EBPF_SOUNDNESS") is { } range
            ? (int.Parse(range.Split(':')[0], CultureInfo.InvariantCulture), int.Parse(range.Split(':')[1], CultureInfo.InvariantCulture))
            : (1, 3_000);

    [Fact]
    public void Accepted_programs_never_fault_and_their_facts_hold()
    {
        using var room = new SoundnessRoom();
        List<string> found = [];
        for (int seed = Seeds.First; seed < Seeds.First + Seeds.Count && found.Count < 5; seed++)
        {
            if (room.Try(ProgramGenerator.Make(seed), seed) is { } problem)
                found.Add(problem);
        }

        TestContext.Current.SendDiagnosticMessage($"{room.Accepted} accepted, {room.Refused} refused");
        Assert.True(found.Count == 0, string.Join("\n", found));
        Assert.True(room.Accepted > Seeds.Count / 10, $"only {room.Accepted} of {Seeds.Count} programs were accepted: too few to prove anything");
    }

    [Fact]
    public void Accepted_mutants_never_fault_and_their_facts_hold()
    {
        using var room = new SoundnessRoom();
        List<string> found = [];
        for (int seed = Seeds.First; seed < Seeds.First + Seeds.Count && found.Count < 5; seed++)
        {
            var random = new Random(seed);
            Instruction[] mutant = ProgramGenerator.Make(seed);
            for (int change = random.Next(1, 3); change > 0; change--)
                mutant = ProgramGenerator.Mutate(mutant, random);
            if (room.Try(mutant, seed) is { } problem)
                found.Add(problem);
        }

        TestContext.Current.SendDiagnosticMessage($"{room.Accepted} accepted, {room.Refused} refused");
        Assert.True(found.Count == 0, string.Join("\n", found));
    }

    [Fact]
    public void All_engines_do_the_same_with_accepted_programs()
    {
        using var room = new AgreementRoom();
        List<string> found = [];
        for (int seed = Seeds.First; seed < Seeds.First + Seeds.Count && found.Count < 5; seed++)
        {
            var random = new Random(seed);
            Instruction[] code = ProgramGenerator.Make(seed);
            if (seed % 3 == 0)
                code = ProgramGenerator.Mutate(code, random);
            if (room.Try(code, seed) is { } problem)
                found.Add(problem);
        }

        TestContext.Current.SendDiagnosticMessage($"{room.Compared} programs compared");
        Assert.True(found.Count == 0, string.Join("\n", found));
        Assert.True(room.Compared > Seeds.Count / 20, $"only {room.Compared} of {Seeds.Count} programs were accepted: too few to prove anything");
    }
}
