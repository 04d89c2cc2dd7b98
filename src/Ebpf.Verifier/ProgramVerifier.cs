using System.Diagnostics;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Checks;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Exploration;
using Ebpf.Verifier.Prototypes;
using Ebpf.Verifier.State;
using Ebpf.Verifier.Structure;

namespace Ebpf.Verifier;

/// <summary>Decides whether a program is safe: that it cannot leave its memory, leak what it holds, or run forever.</summary>
public static class ProgramVerifier
{
    /// <summary>
    /// Verifies a program. The answer comes in bounded work whatever the program is; nothing but a programming error in the arguments is thrown.
    /// </summary>
    /// <param name="program">The relocated program.</param>
    /// <param name="maps">The load's maps, which the program refers to by index.</param>
    /// <param name="options">The policy and the limits.</param>
    public static VerificationResult Verify(ProgramSpec program, IReadOnlyList<MapSpec> maps, VerifierOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(options);
        long start = Stopwatch.GetTimestamp();
        ProgramShape shape;
        try
        {
            shape = ProgramShape.Of(program, maps.Count);
        }
        catch (Refusal refusal)
        {
            Rejection rejection = Reject(program, null, null, refusal);
            return new VerificationResult { Rejection = rejection, Log = rejection.Reason + "\n", Duration = Stopwatch.GetElapsedTime(start) };
        }

        WalkLog log = new(program, shape, options);
        Verification verification = new(program, shape, maps, options, log);
        try
        {
            Facts facts = verification.Run();
            return new VerificationResult
            {
                Facts = facts,
                ProcessedInstructions = verification.Processed,
                TotalStates = verification.TotalStates,
                PeakStates = verification.PeakStates,
                Duration = Stopwatch.GetElapsedTime(start),
                Log = log.Accepted(verification.Processed, verification.TotalStates, verification.PeakStates),
                Trace = log.Trace,
            };
        }
        catch (Refusal refusal)
        {
            Rejection rejection = Reject(program, shape, log.Path, refusal);
            return new VerificationResult
            {
                Rejection = rejection,
                ProcessedInstructions = verification.Processed,
                TotalStates = verification.TotalStates,
                PeakStates = verification.PeakStates,
                Duration = Stopwatch.GetElapsedTime(start),
                Log = log.Refused(rejection, verification.Processed, verification.TotalStates, verification.PeakStates),
                Trace = log.Trace,
            };
        }
    }

    private static Rejection Reject(ProgramSpec program, ProgramShape? shape, PathRecord? path, Refusal refusal)
    {
        int line = SourceLines.IndexAt(program.Lines, refusal.Instruction);
        bool inCode = shape is not null && (uint)refusal.Instruction < (uint)shape.Code.Length;
        return new Rejection(refusal.Rule, refusal.Instruction, refusal.Message)
        {
            Source = line >= 0 ? program.Lines[line] : null,
            Function = inCode ? shape!.Functions[shape.FunctionAt(refusal.Instruction)].Name : program.Name,
            Suggestion = refusal.Suggestion,
            Text = inCode ? new Disassembler(program.Dialect) { Program = program.Type }.Text(shape!.Code, refusal.Instruction) : "",
            Register = refusal.Register >= 0 ? (Register)refusal.Register : null,
            Path = shape is not null && path is not null ? CausalPath.Of(program, shape, path, refusal.Register) : [],
        };
    }

    /// <summary>One verification: what its parts share.</summary>
    private sealed class Verification
    {
        private readonly ProgramSpec _program;
        private readonly ProgramShape _shape;
        private readonly IReadOnlyList<MapSpec> _loaded;
        private readonly VerifierOptions _options;
        private readonly WalkLog _log;
        private PathWalk? _walk;

        internal Verification(ProgramSpec program, ProgramShape shape, IReadOnlyList<MapSpec> maps, VerifierOptions options, WalkLog log)
        {
            _program = program;
            _shape = shape;
            _loaded = maps;
            _options = options;
            _log = log;
        }

        internal int Processed { get; private set; }

        internal int TotalStates => _walk?.TotalStates ?? 0;

        internal int PeakStates => _walk?.PeakStates ?? 0;

        internal Facts Run()
        {
            ContextLayout? context = _options.Host?.Context ?? ContextLayouts.For(_program.Type, _program.AttachType, _program.Dialect)
                ?? TracingContext.Of(_program, _options.KernelTypes);
            if (context is null)
                throw Unsupported();
            if (_options.KernelVersion is { } version && _program.Dialect == Dialect.Linux)
                VersionRules.CheckCode(_program, _shape, version);
            if (ProgramRules.WhyNotAttached(_program) is { } notAttached)
                throw new Refusal(Rule.UnsupportedProgramType, 0, notAttached);
            CallGraph calls = CallGraph.Of(_shape);
            MapTable maps = new(_loaded);
            _log.Maps = maps;
            HelperTable helpers = new(_program, _shape.Code, _options.Host);
            KernelObjects? kernel = _options.KernelTypes is { } types ? new KernelObjects(types) : null;
            KernelFunctionTable kernelFunctions = new(_program, _options, context);
            Liveness liveness = new(_shape, helpers, maps, calls);
            ControlFlow flow = ControlFlow.Of(_shape, helpers, kernelFunctions);
            for (int attempt = 0; ; attempt++)
            {
                FactCollector facts = new(_shape);
                GlobalSignatures signatures = new(_program, _shape, helpers, calls, context, kernel);
                using PathWalk walk = _walk = new PathWalk(_shape, flow, liveness, _options, _options.Policy == VerifierPolicy.Strict || _program.Dialect == Dialect.Windows);
                Transfer transfer = new(_program, _shape, maps, liveness, helpers, kernelFunctions, signatures, _options, context, kernel, facts, walk.State, walk);
                try
                {
                    Walk(walk, transfer, signatures, facts);
                    Processed += walk.Processed;
                }
                catch (LivenessGap gap)
                {
                    // Each function is made coarser at most once, and after a few all are: the number of walks is bounded.
                    const int Attempts = 4;
                    for (int function = 0; function < _shape.Functions.Length; function++)
                    {
                        if (function == gap.Function || attempt >= Attempts)
                            liveness.Coarsen(function);
                    }

                    Processed += walk.Processed;
                    _log.Restart();
                    continue;
                }
                catch (Refusal)
                {
                    Processed += walk.Processed;
                    throw;
                }

                StackDepth.Check(_shape, calls, facts);
                return facts.ToFacts(context, UpperHalves.Of(_shape, facts.LoadsPointer));
            }
        }

        private Refusal Unsupported() => _program.Type == ProgramType.Tracing && _options.KernelTypes is null
            ? new Refusal(
                Rule.UnsupportedProgramType, 0, "the context of a tracing program is described by the kernel's types, which are not known here",
                "verify where the kernel's BTF is (/sys/kernel/btf/vmlinux)")
            : new Refusal(
                Rule.UnsupportedProgramType, 0,
                $"programs of type {_program.Type.Text()} ({_program.AttachType.Text()}{(_program.AttachTarget is { } target ? " " + target : "")}) are not supported yet, or their target does not exist here");

        private void Walk(PathWalk walk, Transfer transfer, GlobalSignatures signatures, FactCollector facts)
        {
            walk.State.Start(0);
            walk.State[1] = RegisterState.Pointer(RegisterKind.Context);
            facts.Enter(0);
            walk.Explore(0, transfer, _log);

            // Global functions once each, those that something calls; one may call the next.
            while (signatures.TryNext(out int function))
            {
                signatures.Begin(function, walk.State, walk);
                facts.Enter(function);
                walk.Explore(_shape.Functions[function].Start, transfer, _log);
            }
        }
    }
}
