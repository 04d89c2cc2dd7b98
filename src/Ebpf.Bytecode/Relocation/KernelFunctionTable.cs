using System.Collections.Immutable;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;

namespace Ebpf.Bytecode.Relocation;

/// <summary>The kernel functions that one program calls, each once, in order of first call.</summary>
internal sealed class KernelFunctionTable(ObjectImage image)
{
    private readonly List<int> _externs = [];
    private readonly Dictionary<int, int> _positions = [];

    /// <summary>The position of an extern in the table.</summary>
    public int IndexOf(int externIndex)
    {
        if (!_positions.TryGetValue(externIndex, out int position))
        {
            _positions.Add(externIndex, position = _externs.Count);
            _externs.Add(externIndex);
        }

        return position;
    }

    public ImmutableArray<KernelFunctionSpec> ToImmutable() =>
        [.. _externs.Select(i => new KernelFunctionSpec(image.Externs[i].EssentialName, image.Externs[i].TypeId, image.Externs[i].IsWeak))];
}
