namespace Ebpf.Native.Tests;

/// <summary>What a test needs of the machine: without it the test is skipped, and says why.</summary>
internal static class Require
{
    public static void That(bool condition, string reason) => Assert.SkipUnless(condition, reason);

    public static void Tool(string program) => That(Command.Exists(program), $"{program} is not installed");
}
