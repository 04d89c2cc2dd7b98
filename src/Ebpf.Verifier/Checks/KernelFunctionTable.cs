using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Verifier.Diagnostics;
using Ebpf.Verifier.Prototypes;

namespace Ebpf.Verifier.Checks;

/// <summary>A call of a kernel function: what the kernel says of the function, and its declaration.</summary>
internal sealed record KernelCall(KernelFunction Function, KernelSignature Signature)
{
    internal string Name => Function.Name;

    /// <summary>Whether it calls a function of the program before it returns.</summary>
    internal bool CallsBack => Name is "bpf_rbtree_add_impl" or "bpf_rbtree_add";

    /// <summary>Whether it has a function of the program called later.</summary>
    internal bool CallsBackLater => Name is "bpf_wq_set_callback_impl" or "bpf_wq_set_callback" or "bpf_task_work_schedule_signal" or "bpf_task_work_schedule_resume"
        or "bpf_task_work_schedule_signal_impl" or "bpf_task_work_schedule_resume_impl";
}

/// <summary>The kernel functions that a program calls, looked up once for each.</summary>
/// <remarks>fetch_kfunc_meta in the kernel's verifier.</remarks>
internal sealed class KernelFunctionTable
{
    private readonly ProgramSpec _program;
    private readonly VerifierOptions _options;
    private readonly ContextLayout _context;
    private readonly KernelCall?[] _calls;
    private readonly string?[] _refusals;

    internal KernelFunctionTable(ProgramSpec program, VerifierOptions options, ContextLayout context)
    {
        _program = program;
        _options = options;
        _context = context;
        _calls = new KernelCall?[program.KernelFunctions.Length];
        _refusals = new string?[program.KernelFunctions.Length];
    }

    /// <summary>The function that an instruction calls; null where it may not.</summary>
    internal KernelCall? At(in Instruction instruction)
    {
        int index = instruction.Immediate;
        if (!instruction.IsKernelFunctionCall || (uint)index >= (uint)_calls.Length)
            return null;
        if (_calls[index] is null && _refusals[index] is null)
        {
            try
            {
                _calls[index] = Resolve(_program.KernelFunctions[index], out _refusals[index]);
            }
            catch (BpfException damaged)
            {
                _refusals[index] = damaged.Message;
            }
        }

        return _calls[index];
    }

    internal Refusal WhyNot(in Instruction instruction, int slot)
    {
        string reason = (uint)instruction.Immediate < (uint)_refusals.Length ? _refusals[instruction.Immediate] ?? "" : $"there is no kernel function number {instruction.Immediate} in the program's list";
        return new Refusal(Rule.KernelFunction, slot, reason);
    }

    private KernelCall? Resolve(in KernelFunctionSpec spec, out string? refusal)
    {
        string name = KernelFunctions.WithoutFlavor(spec.Name);
        refusal = null;
        if (_options.Target != VerifierTarget.Linux)
        {
            refusal = $"kernel function {name} is called; only a Linux kernel has it";
            return null;
        }

        if (KernelFunctions.Find(name) is not { } function || FindDeclaration(name, spec, out uint declaration) is not { } types)
        {
            refusal = $"kernel function {name} does not exist here";
            return null;
        }

        if (!function.Callers.Include(_program.Type, _program.AttachType))
        {
            refusal = $"kernel function {name} may not be called by programs of type {_program.Type.Text()}";
            return null;
        }

        bool isIterator = (function.Flags & (KernelFunctionFlags.IterNew | KernelFunctionFlags.IterNext | KernelFunctionFlags.IterDestroy)) != 0;
        if (KernelSignature.Read(types, declaration, IsContext, isIterator) is not { } signature)
        {
            refusal = $"kernel function {name} has a declaration that programs cannot call";
            return null;
        }

        return new KernelCall(function, signature);
    }

    /// <summary>The kernel's declaration, or the object's where the kernel's types are not known.</summary>
    private BtfView? FindDeclaration(string name, in KernelFunctionSpec spec, out uint declaration)
    {
        BtfView? kernel = _options.KernelTypes;
        if (kernel?.FindByName(name, BtfKind.Func) is { } known)
        {
            declaration = known;
            return kernel;
        }

        declaration = spec.TypeId;
        return kernel is null && declaration != 0 && _program.Types is { } own && own[declaration].Kind == BtfKind.Func ? own : null;
    }

    private bool IsContext(string structure) => _context.Name == "struct " + structure;
}
