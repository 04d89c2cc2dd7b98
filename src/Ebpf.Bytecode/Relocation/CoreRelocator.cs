using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;

namespace Ebpf.Bytecode.Relocation;

/// <summary>
/// Compile once, run everywhere: adapts the instructions of an object to how types are laid out where they will run. One serves all programs of
/// one load, in the order of their relocations; nothing happens for a program whose relocations are not brought here.
/// </summary>
/// <remarks>Documentation/bpf/llvm_reloc.rst, "CO-RE Relocations"; libbpf's src/relo_core.c states the semantics. Not for concurrent use.</remarks>
internal sealed class CoreRelocator
{
    private readonly BtfView _types;
    private readonly CoreTarget? _target;
    private readonly CoreBudget _budget = new();
    private readonly CoreSpecMatcher _matcher;
    private readonly Dictionary<uint, List<BtfType>> _candidates = [];
    private readonly Dictionary<(uint Type, uint Access, CoreRelocationKind Kind), CoreResolution> _resolutions = [];
    private readonly CoreSpec _local = new(), _candidate = new(), _found = new();

    /// <param name="types">The object's own types.</param>
    /// <param name="target">The types where the programs will run; null where none are known, so that only relocations that need none can be resolved.</param>
    public CoreRelocator(BtfView types, CoreTarget? target)
    {
        _types = types;
        _target = target;
        _matcher = new CoreSpecMatcher(_budget);
    }

    /// <summary>Adapts the instruction at <paramref name="slot"/> of a program's code.</summary>
    /// <exception cref="BpfException">The relocation is malformed, ambiguous, or does not fit the instruction. One without answer is none: its instruction becomes a call that no verifier accepts where it can be reached.</exception>
    public void Relocate(Span<Instruction> code, int slot, in CoreRelocation relocation, string program)
    {
        if ((uint)slot >= (uint)code.Length)
            throw Failed(relocation, program, slot, new BpfException($"the program has {code.Length} instructions", Errno.EINVAL));

        try
        {
            CorePatch.Apply(code, slot, Resolve(relocation));
        }
        catch (BpfException e)
        {
            throw Failed(relocation, program, slot, e);
        }
    }

    /// <summary>The answer to a relocation.</summary>
    /// <exception cref="BpfException">The relocation is malformed or ambiguous.</exception>
    public CoreResolution Resolve(in CoreRelocation relocation)
    {
        (uint, uint, CoreRelocationKind) key = (relocation.TypeId, relocation.AccessOffset, relocation.Kind);
        if (!_resolutions.TryGetValue(key, out CoreResolution resolution))
        {
            resolution = ResolveAnew(relocation);
            _resolutions.Add(key, resolution);
        }

        return resolution;
    }

    /// <summary>What a relocation is about, for messages; never fails.</summary>
    public string Describe(in CoreRelocation relocation)
    {
        try
        {
            CoreSpecParser.Parse(_local, _types, relocation);
            return _local.Describe();
        }
        catch (BpfException)
        {
            return $"<{relocation.Kind.Text()}> [{relocation.TypeId}]";
        }
    }

    private CoreResolution ResolveAnew(in CoreRelocation relocation)
    {
        // The compiler's number may be stale after linking; the record's is right.
        BtfType type = _types[relocation.TypeId];
        if (relocation.Kind == CoreRelocationKind.TypeIdLocal)
        {
            CoreSpecParser.Parse(_local, _types, relocation);
            return new CoreResolution { OriginalValue = type.Id, Value = type.Id };
        }

        if (type.IsAnonymous)
            throw new BpfException("a type without a name cannot be found in the target", Errno.EINVAL);

        List<BtfType> candidates = CandidatesFor(type);
        CoreSpecParser.Parse(_local, _types, relocation);
        return Choose(candidates);
    }

    /// <summary>
    /// Asks every candidate; those that have an answer must agree, and are the only ones asked about this type from then on.
    /// </summary>
    private CoreResolution Choose(List<BtfType> candidates)
    {
        CoreResolution? answer = null;
        int kept = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            BtfType candidate = candidates[i];
            if (!_matcher.Match(_local, candidate.View, candidate.Id, _candidate))
                continue;

            CoreResolution resolution = CoreValues.Resolve(_local, _candidate);
            if (answer is CoreResolution first)
            {
                CheckSame(first, resolution);
            }
            else
            {
                answer = resolution;
                _found.CopyFrom(_candidate);
            }

            candidates[kept++] = candidate;
        }

        // Without any answer the list stays: existence may be asked next.
        if (kept > 0)
            candidates.RemoveRange(kept, candidates.Count - kept);
        return answer ?? CoreValues.Resolve(_local, null);
    }

    private void CheckSame(in CoreResolution first, in CoreResolution other)
    {
        if (_candidate.BitOffset != _found.BitOffset || first.IsUnresolved != other.IsUnresolved || first.Value != other.Value)
            throw new BpfException($"the target is ambiguous: {_found.Describe()} in {_found.View.Name} gives {first.Value}, {_candidate.Describe()} in {_candidate.View.Name} gives {other.Value}", Errno.EINVAL);
    }

    private List<BtfType> CandidatesFor(in BtfType type)
    {
        if (_target is null)
            throw new BpfException("the types of the place where it will run are not known; give a BTF file to relocate against", Errno.ESRCH);

        if (!_candidates.TryGetValue(type.Id, out List<BtfType>? candidates))
        {
            candidates = _target.FindCandidates(type, _budget);
            _candidates.Add(type.Id, candidates);
        }

        return candidates;
    }

    private BpfException Failed(in CoreRelocation relocation, string program, int slot, BpfException cause) =>
        new($"program '{program}', instruction {slot}: CO-RE relocation {Describe(relocation)}: {cause.Message}", cause.Errno, cause) { Program = program };
}
