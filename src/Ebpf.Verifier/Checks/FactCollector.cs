using System.Collections.Immutable;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier.Checks;

/// <summary>Gathers, over all paths, what is said about each slot. Only what pruning cannot hide may be said: kinds of pointers, branches, maps.</summary>
/// <remarks>Values of numbers are not facts here: a pruned path may bring others. The upper halves come from <see cref="UpperHalves"/>, which sees every path.</remarks>
internal sealed class FactCollector
{
    private const short NoField = -1;
    private const int NoMap = -2, ManyMaps = -1;

    private readonly ProgramShape _shape;
    private readonly Fact[] _facts;
    private readonly int[] _stackBytes;
    private readonly bool[] _isCallback;
    private readonly bool[] _isReached;

    internal FactCollector(ProgramShape shape)
    {
        _shape = shape;
        _facts = new Fact[shape.Code.Length];
        Array.Fill(_facts, new Fact { Field = NoField, Map = NoMap });
        _stackBytes = new int[shape.Functions.Length];
        _isCallback = new bool[shape.Functions.Length];
        _isReached = new bool[shape.Functions.Length];
    }

    [Flags]
    private enum Seen : byte
    {
        None = 0,
        Reached = 1,
        Taken = 2,
        NotTaken = 4,
        MaybeNull = 8,
        NotNull = 16,
        PlainContext = 32,
    }

    internal void Reach(int slot) => _facts[slot].Seen |= Seen.Reached;

    internal bool IsReached(int slot) => (_facts[slot].Seen & Seen.Reached) != 0;

    internal void Branch(int slot, bool taken) => _facts[slot].Seen |= taken ? Seen.Taken : Seen.NotTaken;

    internal void Touch(int slot, MemoryKinds kind)
    {
        // One instruction has one way of reaching the context or a kernel object: the engine rewrites these accesses.
        const MemoryKinds Rewritten = MemoryKinds.Context | MemoryKinds.BtfObject | MemoryKinds.Arena;
        MemoryKinds kinds = _facts[slot].Memory | kind;
        if ((kinds & Rewritten) != 0 && kinds != kind)
        {
            throw new Refusal(
                Rule.ContextAccess,
                slot,
                $"one path reaches this access with a pointer to {Name(_facts[slot].Memory)}, another with a pointer to {Name(kind)}; the same instruction cannot serve both",
                "keep the two accesses apart, for example with barrier_var() or a volatile read");
        }

        _facts[slot].Memory = kinds;
    }

    /// <summary>A context access: which pointer field it reads (-1 for a plain one), which must be the same on every path.</summary>
    internal void ContextField(int slot, int field)
    {
        ref Fact fact = ref _facts[slot];
        bool clash = field >= 0 ? (fact.Seen & Seen.PlainContext) != 0 || (fact.Field >= 0 && fact.Field != field) : fact.Field >= 0;
        if (clash)
            throw new Refusal(Rule.ContextAccess, slot, "one path reads one field of the context here, another path a different one; the same instruction cannot serve both");
        if (field >= 0)
            fact.Field = (short)field;
        else
            fact.Seen |= Seen.PlainContext;
    }

    internal bool LoadsPointer(int slot) => _facts[slot].Field >= 0;

    internal void Map(int slot, int map)
    {
        ref int known = ref _facts[slot].Map;
        known = known == NoMap || known == map ? map : ManyMaps;
    }

    internal void Result(int slot, bool mayBeNull) => _facts[slot].Seen |= mayBeNull ? Seen.MaybeNull : Seen.NotNull;

    internal void UseStack(int function, int bytes)
    {
        if (bytes > _stackBytes[function])
            _stackBytes[function] = bytes;
    }

    internal int StackOf(int function) => (_stackBytes[function] + 7) & ~7;

    internal void MarkCallback(int function) => _isCallback[function] = true;

    internal void Enter(int function) => _isReached[function] = true;

    internal Facts ToFacts(ContextLayout context, UpperHalves upper)
    {
        ImmutableArray<InstructionFact>.Builder slots = ImmutableArray.CreateBuilder<InstructionFact>(_facts.Length);
        for (int slot = 0; slot < _facts.Length; slot++)
        {
            Fact fact = _facts[slot];
            InstructionFlags flags = InstructionFlags.None;
            if ((fact.Seen & Seen.Reached) != 0)
                flags |= InstructionFlags.Reachable;
            if ((fact.Seen & (Seen.Taken | Seen.NotTaken)) == Seen.Taken)
                flags |= InstructionFlags.AlwaysTaken;
            if ((fact.Seen & (Seen.Taken | Seen.NotTaken)) == Seen.NotTaken)
                flags |= InstructionFlags.NeverTaken;
            if ((fact.Seen & (Seen.MaybeNull | Seen.NotNull)) == Seen.NotNull)
                flags |= InstructionFlags.ResultNotNull;
            if (upper.IsDestinationUpperZero(slot))
                flags |= InstructionFlags.DestinationUpperZero;
            slots.Add(new InstructionFact(flags, fact.Memory, fact.Field, fact.Map >= 0 ? fact.Map : -1));
        }

        ImmutableArray<FunctionFact>.Builder functions = ImmutableArray.CreateBuilder<FunctionFact>(_shape.Functions.Length);
        for (int i = 0; i < _shape.Functions.Length; i++)
            functions.Add(new FunctionFact(_shape.Functions[i].Start, _shape.Functions[i].End, StackOf(i), _isCallback[i]));
        return new Facts { Instructions = slots.MoveToImmutable(), Functions = functions.MoveToImmutable(), Context = context };
    }

    private static string Name(MemoryKinds kinds) => kinds switch
    {
        MemoryKinds.Context => "the context",
        MemoryKinds.BtfObject => "a kernel object",
        MemoryKinds.Arena => "the arena",
        MemoryKinds.Stack => "the stack",
        MemoryKinds.Packet => "the packet",
        MemoryKinds.MapValue => "a map value",
        _ => "other memory",
    };

    private struct Fact
    {
        public Seen Seen;
        public MemoryKinds Memory;
        public short Field;
        public int Map;
    }
}
