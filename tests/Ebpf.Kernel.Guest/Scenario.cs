using Ebpf.Kernel.Guest.Scenarios;

namespace Ebpf.Kernel.Guest;

/// <summary>Something that must hold in the guest. Its name is the sentence.</summary>
public sealed record Scenario(string Name, Action Run)
{
    /// <summary>All, in the order in which they run.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. LoadScenarios.All,
        .. ProbeScenarios.All,
        .. TracepointScenarios.All,
        .. TargetScenarios.All,
        .. UserScenarios.All,
        .. NetworkScenarios.All,
        .. LinkScenarios.All,
    ];
}
