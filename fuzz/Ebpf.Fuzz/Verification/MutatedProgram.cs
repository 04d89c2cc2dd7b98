using System.Buffers.Binary;
using System.Collections.Immutable;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier;

namespace Ebpf.Fuzz.Verification;

/// <summary>
/// A program as fuzz input: which program of the corpus it comes from, the policy, where its functions start, its instructions. Any bytes are one.
/// </summary>
internal sealed class MutatedProgram
{
    private const int MostSlots = 4096;

    private MutatedProgram(CorpusProgram origin, int index, bool isStrict, List<int> starts, List<Instruction> code)
    {
        Origin = origin;
        Index = index;
        IsStrict = isStrict;
        Starts = starts;
        Code = code;
    }

    public CorpusProgram Origin { get; }

    public List<int> Starts { get; }

    public List<Instruction> Code { get; }

    public VerifierPolicy Policy => IsStrict ? VerifierPolicy.Strict : VerifierPolicy.Linux;

    private int Index { get; }

    private bool IsStrict { get; }

    public static MutatedProgram Of(int index, bool isStrict)
    {
        CorpusProgram origin = Corpus.Programs[index];
        return new MutatedProgram(origin, index, isStrict, [.. origin.Program.Functions.Select(static f => f.Start)], [.. origin.Program.Instructions]);
    }

    public static MutatedProgram Read(ReadOnlySpan<byte> bytes)
    {
        ushort first = Word(ref bytes);
        MutatedProgram seed = Of((first & 0x7fff) % Corpus.Programs.Count, first >> 15 != 0);
        for (int i = 0; i < seed.Starts.Count; i++)
            seed.Starts[i] = Word(ref bytes);
        seed.Code.Clear();
        for (; bytes.Length >= Instruction.Size && seed.Code.Count < MostSlots; bytes = bytes[Instruction.Size..])
            seed.Code.Add(Instruction.Read(bytes, littleEndian: true));
        return seed;
    }

    public byte[] Write()
    {
        byte[] bytes = new byte[2 + 2 * Starts.Count + Instruction.Size * Code.Count];
        Span<byte> rest = bytes;
        BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)(Index | (IsStrict ? 0x8000 : 0)));
        rest = rest[2..];
        foreach (int start in Starts)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)start);
            rest = rest[2..];
        }

        foreach (Instruction instruction in Code)
        {
            instruction.Write(rest, littleEndian: true);
            rest = rest[Instruction.Size..];
        }

        return bytes;
    }

    public ProgramSpec ToSpec() => Origin.Program with
    {
        Instructions = [.. Code],
        Functions = Starts.Select((start, i) => Origin.Program.Functions[i] with { Start = start }).ToImmutableArray(),
    };

    private static ushort Word(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
            return 0;
        ushort word = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        bytes = bytes[2..];
        return word;
    }
}
