using System;
using System.Collections.Generic;
using System.Linq;

namespace Ebpf.Generator;

/// <summary>What comes out for a class: text, so that the compiler sees whether it changed.</summary>
internal sealed class Generated(string hintName, string source, IReadOnlyList<Finding> findings) : IEquatable<Generated>
{
    public string HintName { get; } = hintName;

    public string Source { get; } = source;

    public IReadOnlyList<Finding> Findings { get; } = findings;

    public bool Equals(Generated? other) => other is not null && HintName == other.HintName && Source == other.Source && Findings.SequenceEqual(other.Findings);

    public override bool Equals(object? obj) => Equals(obj as Generated);

    public override int GetHashCode() => Source.GetHashCode();
}
