using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms.Linux.Maps;
using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Programs;

/// <summary>A kernel function as an instruction calls it.</summary>
/// <param name="TypeId">Its BTF id.</param>
/// <param name="ModuleDescriptor">The BTF of its module; 0 for vmlinux.</param>
internal readonly record struct KernelFunctionId(uint TypeId, int ModuleDescriptor);

/// <summary>
/// A program's instructions as the kernel takes them: maps by descriptor, kernel functions by BTF id. It keeps the maps' descriptors open until it is
/// disposed, whatever happens to the maps meanwhile.
/// </summary>
internal sealed class KernelCode : IDisposable
{
    private readonly List<FileDescriptor> _held = [];
    // Index 0 means vmlinux: modules begin at 1.
    private readonly List<int> _modules = [0];

    public KernelCode(ProgramSpec program, IReadOnlyList<IMapHandle?> maps, Func<KernelFunctionSpec, KernelFunctionId> kernelFunction)
    {
        Instructions = new byte[program.Instructions.Length * Instruction.Size];
        try
        {
            Write(program, maps, kernelFunction);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The slots.</summary>
    public byte[] Instructions { get; }

    /// <summary>fd_array of BPF_PROG_LOAD; empty where no function of a module is called.</summary>
    public int[] ModuleDescriptors => _modules.Count == 1 ? [] : [.. _modules];

    public void Dispose()
    {
        foreach (FileDescriptor descriptor in _held)
        {
            descriptor.DangerousRelease();
        }

        _held.Clear();
    }

    private void Write(ProgramSpec program, IReadOnlyList<IMapHandle?> maps, Func<KernelFunctionSpec, KernelFunctionId> kernelFunction)
    {
        var descriptors = new int[maps.Count];
        for (int i = 0; i < program.Instructions.Length; i++)
        {
            Instruction slot = program.Instructions[i];
            if (slot.IsWide)
            {
                if ((PseudoLoad)slot.Source is PseudoLoad.MapIndex or PseudoLoad.MapIndexValue)
                {
                    slot = slot with
                    {
                        Source = (Register)((PseudoLoad)slot.Source == PseudoLoad.MapIndex ? PseudoLoad.MapFd : PseudoLoad.MapValue),
                        Immediate = Hold(maps, slot.Immediate, descriptors),
                    };
                }

                // The second slot's immediate is no instruction of its own.
                Put(i, slot);
                i++;
                Put(i, program.Instructions[i]);
                continue;
            }

            if (slot.IsKernelFunctionCall)
            {
                KernelFunctionId function = kernelFunction(program.KernelFunctions[slot.Immediate]);
                slot = slot with { Immediate = (int)function.TypeId, Offset = IndexOf(function.ModuleDescriptor, program) };
            }

            Put(i, slot);
        }
    }

    private void Put(int index, Instruction slot) => slot.Write(Instructions.AsSpan(index * Instruction.Size), BitConverter.IsLittleEndian);

    private int Hold(IReadOnlyList<IMapHandle?> maps, int index, int[] descriptors)
    {
        if (descriptors[index] == 0)
        {
            FileDescriptor descriptor = ((LinuxMapHandle)maps[index]!).Descriptor;
            bool added = false;
            descriptor.DangerousAddRef(ref added);
            _held.Add(descriptor);
            descriptors[index] = descriptor.Number;
        }

        return descriptors[index];
    }

    private short IndexOf(int module, ProgramSpec program)
    {
        int index = _modules.IndexOf(module);
        if (index < 0)
        {
            index = _modules.Count;
            if (index > short.MaxValue)
            {
                throw new BpfException($"program '{program.Name}' calls functions of more than {short.MaxValue} modules", Errno.E2BIG) { Program = program.Name };
            }

            _modules.Add(module);
        }

        return (short)index;
    }
}
