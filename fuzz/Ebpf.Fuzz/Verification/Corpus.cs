using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Fuzz.Mutation;
using Ebpf.Loading;
using Ebpf.Platforms;
using Ebpf.Platforms.Verification;

namespace Ebpf.Fuzz.Verification;

/// <summary>A linked program of a committed object, and the object's maps.</summary>
internal sealed record CorpusProgram(ProgramSpec Program, IReadOnlyList<MapSpec> Maps);

/// <summary>Every program of the committed objects that can be linked, in an order that is the same everywhere.</summary>
internal static class Corpus
{
    private static readonly Lazy<CorpusProgram[]> s_programs = new(() => [.. SeedFiles.Objects().SelectMany(Of)]);

    public static IReadOnlyList<CorpusProgram> Programs => s_programs.Value;

    private static IEnumerable<CorpusProgram> Of(byte[] bytes)
    {
        BpfObject obj;
        try
        {
            obj = BpfObject.Open(bytes);
        }
        catch (BpfException)
        {
            yield break;
        }

        ObjectSnapshot snapshot = obj.Snapshot(LoadOptions.Default);
        for (int index = 0; index < snapshot.Programs.Length; index++)
        {
            var platform = new Recorder();
            var selected = new bool[snapshot.Programs.Length];
            selected[index] = true;
            try
            {
                using var loader = new Loader(snapshot, platform, LoadOptions.Default, LoadState.Empty(snapshot), selected);
                loader.Prepare();
                loader.LoadPrograms();
            }
            catch (BpfException)
            {
                // Refused by the verifier it is a seed all the same; what cannot be linked was not recorded.
            }

            if (platform.Recorded is { } program)
                yield return program;
        }
    }

    /// <summary>Keeps what it is asked to verify.</summary>
    private sealed class Recorder : IPlatform, IPlatformLoad
    {
        private readonly VerificationPlatform _inner = new();

        public CorpusProgram? Recorded { get; private set; }

        public string Name => _inner.Name;

        public BtfView? KernelTypes => _inner.KernelTypes;

        public bool HasHostHooks => _inner.HasHostHooks;

        public bool VerifiesHere => _inner.VerifiesHere;

        public int Processors => _inner.Processors;

        public bool Takes(Dialect dialect) => true;

        public long EstimateBytes(MapSpec map) => 0;

        public IPlatformLoad Begin(ObjectImage image) => this;

        public IMapHandle CreateMap(MapSpec map) => _inner.CreateMap(map);

        public IProgramHandle LoadProgram(ProgramSpec program, ProgramLoading loading)
        {
            Recorded = new CorpusProgram(program with { Lines = [] }, loading.Maps);
            return _inner.LoadProgram(program, loading);
        }

        public IMapHandle? OpenPinned(string path) => null;

        public void Pin(string path, IMapHandle map) => _inner.Pin(path, map);

        public bool Unpin(string path) => false;
    }
}
