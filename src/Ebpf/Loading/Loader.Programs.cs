using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Hosting;
using Ebpf.Platforms;
using Ebpf.Verifier;
using Ebpf.Verifier.Diagnostics;

namespace Ebpf.Loading;

internal sealed partial class Loader
{
    /// <summary>Loads the selected programs, in order; stops at the first that fails.</summary>
    public void LoadPrograms()
    {
        foreach (ProgramPlan plan in _object.Programs)
        {
            // What was linked can be turned off until here.
            if (_linked[plan.Index] is not { } program || !_selected[plan.Index])
            {
                continue;
            }

            HostProgramType? host = plan.Type == ProgramType.Unspec ? _options.ProgramTypes.FirstOrDefault(t => t.Takes(program.SectionName)) : null;
            CheckType(plan, host);
            IProgramHandle handle = _undo.Owns(Load(program, plan, host));
            _state.Programs[plan.Index] = new LoadedProgram(program, handle, host);
            if (_platform.VerifiesHere)
            {
                _state.VerifiedInstructions += handle.Figures.VerifiedInstructions ?? 0;
            }
        }
    }

    private IProgramHandle Load(ProgramSpec program, ProgramPlan plan, HostProgramType? host)
    {
        long left = _options.Limits.Instructions - _state.VerifiedInstructions;
        int limit = (int)Math.Clamp(left, 0, _options.Verifier.InstructionLimit);
        if (limit == 0)
        {
            throw Exhausted(program, null);
        }

        var loading = new ProgramLoading
        {
            Maps = _state.MapSpecs,
            MapHandles = _state.Maps,
            Verifier = _options.Verifier with { InstructionLimit = limit, Host = host?.Prototype, Policy = host?.Policy ?? _options.Verifier.Policy },
            Host = host,
            WantsStatistics = _options.WantsStatistics,
            AttachProgram = plan.AttachProgram?.Handle,
            StructOps = StructOpsOf(plan),
        };
        try
        {
            return _load.LoadProgram(program, loading);
        }
        catch (VerifierException e) when (limit < _options.Verifier.InstructionLimit && e.RuleKind == Rule.TooComplex)
        {
            throw Exhausted(program, e);
        }
    }

    /// <summary>The first table that was made and names the program: of several, each must have it as the same member.</summary>
    private (IMapHandle, string)? StructOpsOf(ProgramPlan plan)
    {
        foreach (MapPlan map in _object.Maps)
        {
            foreach (StructOpsFunction function in map.Image.StructOpsFunctions)
            {
                if (function.Program == plan.Image.Index && _state.Maps[map.Index] is { } handle)
                {
                    return (handle, function.Member);
                }
            }
        }

        return null;
    }

    private BpfException Exhausted(ProgramSpec program, VerifierException? inner) =>
        new($"{_object.Name}: program '{program.Name}' is not verified: the programs of the object took all of LoadLimits.Instructions ({_options.Limits.Instructions})", Errno.E2BIG, inner)
        {
            Program = program.Name,
        };

    /// <remarks>bpf_object_load_prog in libbpf.c: only what is loaded needs a type.</remarks>
    private void CheckType(ProgramPlan plan, HostProgramType? host)
    {
        if (host is not null && !_platform.VerifiesHere)
        {
            throw new BpfNotSupportedException($"program '{plan.Name}': the host's own program type {host.Name}", _platform.Name) { Program = plan.Name };
        }

        if (plan.Type == ProgramType.Unspec && host is null)
        {
            throw new BpfException(
                $"{_object.Name}: program '{plan.Name}' is in section '{plan.Image.SectionName}', which names no program type: use a section name such as \"xdp\", set BpfProgramSpec.Type, or turn its AutoLoad off",
                Errno.EINVAL)
            { Program = plan.Name };
        }

        if (plan.Type == ProgramType.StructOps && !_object.Maps.Any(m => m.Image.StructOpsFunctions.Any(f => f.Program == plan.Image.Index)))
        {
            throw new BpfException($"{_object.Name}: program '{plan.Name}' is for struct_ops, but no struct_ops map names it", Errno.EINVAL) { Program = plan.Name };
        }
    }
}
