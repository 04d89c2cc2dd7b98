using System.Runtime.InteropServices;
using System.Text;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Objects;
using Ebpf.Bytecode.Specs;
using Ebpf.Native.Embedded;
using Ebpf.Platforms;
using Ebpf.Platforms.Linux.Programs;

namespace Ebpf.Native;

/// <summary>A <c>struct bpf_program</c>.</summary>
internal sealed unsafe class NativeProgram
{
    private const int None = -1;

    private IProgramHandle? _handle;
    private ProgramSpec? _linked;
    private byte* _instructions;
    private byte* _name;
    private byte* _sectionName;
    private byte* _functionInfo;

    public NativeProgram(NativeObject owner, BpfProgramSpec spec, int index)
    {
        Owner = owner;
        Spec = spec;
        Index = index;
        LogLevel = owner.Choices.LogLevel;
        Handle = Handles.New(this);
        HasSection = SectionDefinitions.TryFind(owner.Spec.Dialect, spec.SectionName, out _);
    }

    public NativeObject Owner { get; }

    public BpfProgramSpec Spec { get; }

    public int Index { get; }

    public nint Handle { get; }

    /// <summary>The descriptor, -1 where there is none.</summary>
    public int Fd { get; private set; } = None;

    /// <summary>The loaded program; null before, and for one that is off.</summary>
    public IProgramHandle? Handled => _handle;

    public uint Flags { get; set; }

    public uint Ifindex { get; set; }

    public uint LogLevel { get; set; }

    /// <summary>A descriptor of the program that it attaches to, and the function there by its BTF id; 0 for the kernel.</summary>
    public int AttachProgram { get; set; }

    public uint AttachTypeId { get; set; }

    public byte* LogBuffer { get; set; }

    public nuint LogSize { get; set; }

    /// <summary>Whether its section's rules still hold: setting another type ends that.</summary>
    public bool HasSection { get; set; }

    public byte* Name => _name == null ? _name = Text.Copy(Spec.Name) : _name;

    public byte* SectionName => _sectionName == null ? _sectionName = Text.Copy(Spec.SectionName) : _sectionName;

    /// <summary>The program as it is loaded; null before, and for one that is off.</summary>
    public ProgramSpec? Linked => _linked;

    /// <summary>The instructions: as the file has them, and once they are linked as they are loaded.</summary>
    public byte* Instructions => _instructions == null ? _instructions = CopyInstructions() : _instructions;

    public int InstructionCount => _linked?.Instructions.Length ?? Spec.InstructionCount;

    public uint FunctionInfoCount => (uint)(_linked?.Functions.Count(static f => f.TypeId != 0) ?? 0);

    public uint LineInfoCount => (uint)(_linked?.Lines.Length ?? 0);

    /// <summary>Takes the linked program; null for one that is off.</summary>
    public void OnLinked(ProgramSpec? linked)
    {
        _linked = linked;
        if (linked is not null)
        {
            NativeMemory.Free(_instructions);
            _instructions = null;
        }
    }

    /// <summary>Hands what the client said over to the object.</summary>
    public void BeforeSnapshot() => Spec.Extras = new ProgramExtras
    {
        Flags = Flags,
        Interface = Ifindex,
        AttachProgram = AttachProgram,
        AttachTypeId = AttachTypeId,
        LogLevel = LogLevel,
    };

    public void OnLoaded(IProgramHandle? handle)
    {
        _handle = handle;
        Fd = handle?.Fd ?? None;
        if (LogLevel != 0 && handle is LinuxProgramHandle { Log: { Length: > 0 } log } && !WriteLog(log))
        {
            Print.Debug($"prog '{Spec.Name}': -- BEGIN PROG LOAD LOG --\n{log}-- END PROG LOAD LOG --\n");
        }

        if (Kernel.IsEmbedded && handle is not null)
        {
            DescriptorTable.Register(Fd, handle);
        }
    }

    /// <summary>Gives the program's descriptor up.</summary>
    public void Unload()
    {
        if (_handle is null)
        {
            return;
        }

        if (Kernel.IsEmbedded)
        {
            DescriptorTable.Unregister(Fd, _handle);
        }
        else
        {
            _handle.Dispose();
        }

        _handle = null;
        Fd = None;
    }

    /// <summary>Puts a log where the program or its object wants it; false where neither does.</summary>
    public bool WriteLog(string log)
    {
        byte* buffer = LogBuffer != null ? LogBuffer : (byte*)Owner.Choices.LogBuffer;
        nuint size = LogBuffer != null ? LogSize : Owner.Choices.LogSize;
        if (buffer == null || size == 0)
        {
            return false;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(log);
        int length = (int)Math.Min((nuint)bytes.Length, size - 1);
        // The kernel keeps the end of a log that is too long.
        bytes.AsSpan(bytes.Length - length).CopyTo(new Span<byte>(buffer, length));
        buffer[length] = 0;
        return true;
    }

    /// <summary>struct bpf_func_info of each function that has a type.</summary>
    public byte* FunctionInfo()
    {
        if (_functionInfo == null && _linked is not null)
        {
            _functionInfo = (byte*)NativeMemory.Alloc(FunctionInfoCount, 8);
            int i = 0;
            foreach (FunctionSpec function in _linked.Functions.Where(static f => f.TypeId != 0))
            {
                ((uint*)_functionInfo)[2 * i] = (uint)function.Start;
                ((uint*)_functionInfo)[2 * i++ + 1] = function.TypeId;
            }
        }

        return _functionInfo;
    }

    public void Free()
    {
        NativeMemory.Free(_instructions);
        NativeMemory.Free(_functionInfo);
        Text.Free(_name);
        Text.Free(_sectionName);
        Handles.Free(Handle);
    }

    private byte* CopyInstructions()
    {
        ReadOnlySpan<Instruction> from = _linked is { } linked ? linked.Instructions.AsSpan() : Spec.Instructions;
        byte* copy = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, from.Length), Instruction.Size);
        for (int i = 0; i < from.Length; i++)
        {
            Instruction instruction = from[i];
            if (_linked is not null && instruction.IsWide && (PseudoLoad)instruction.Source is var source and (PseudoLoad.MapIndex or PseudoLoad.MapIndexValue))
            {
                // As the kernel is given them: the map's descriptor.
                instruction = instruction with
                {
                    Source = (Register)(source == PseudoLoad.MapIndex ? PseudoLoad.MapFd : PseudoLoad.MapValue),
                    Immediate = Owner.Maps[instruction.Immediate].Fd,
                };
            }

            instruction.Write(new Span<byte>(copy + i * Instruction.Size, Instruction.Size), BitConverter.IsLittleEndian);
        }

        return copy;
    }
}
