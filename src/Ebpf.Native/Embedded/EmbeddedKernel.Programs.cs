using System.Text;
using Ebpf.Bytecode.Btf;
using Ebpf.Bytecode.Isa;
using Ebpf.Bytecode.Specs;
using Ebpf.Platforms;
using Ebpf.Platforms.Embedded;
using Ebpf.Platforms.Linux.Syscalls;
using Ebpf.Runtime;
using Ebpf.Verifier;

namespace Ebpf.Native.Embedded;

/// <content>Programs and BTF.</content>
internal static unsafe partial class EmbeddedKernel
{
    // BPF_MAXINSNS times what root may load, in include/linux/bpf.h.
    private const int MostInstructions = 1_000_000;

    private static int LoadProgram(ProgramLoadAttributes* attributes)
    {
        if (attributes->InstructionCount is 0 or > MostInstructions)
        {
            return Answer.Error(Errno.E2BIG);
        }

        var maps = new List<IMapHandle>();
        var instructions = new Instruction[attributes->InstructionCount];
        for (int i = 0; i < instructions.Length; i++)
        {
            instructions[i] = Instruction.Read(new ReadOnlySpan<byte>((byte*)attributes->Instructions + 8L * i, Instruction.Size), BitConverter.IsLittleEndian);
        }

        int error = NameMaps(instructions, attributes, maps);
        if (error != 0)
        {
            return error;
        }

        string name = attributes->Name.ToString();
        var program = new ProgramSpec
        {
            Name = name,
            SectionName = "",
            Type = (ProgramType)attributes->ProgramType,
            AttachType = (AttachType)attributes->ExpectedAttachType,
            License = Text.Read(attributes->License) ?? "",
            KernelVersion = attributes->KernelVersion,
            IsSleepable = (attributes->Flags & ProgramLoadFlags.Sleepable) != 0,
            HandlesFragments = (attributes->Flags & ProgramLoadFlags.XdpHasFragments) != 0,
            Instructions = [.. instructions],
            Functions = [.. Functions(instructions, name)],
        };
        try
        {
            IProgramHandle handle = Engine.LoadProgram(program, new ProgramLoading
            {
                Maps = [.. maps.Select(static m => m.Spec)],
                MapHandles = maps,
                Verifier = VerifierOptions.Default,
            });
            WriteLog(attributes, "");
            return DescriptorTable.Give(handle.Fd, handle);
        }
        catch (BpfException e)
        {
            WriteLog(attributes, e.Log.Length > 0 ? e.Log : e.Message + "\n");
            return -(int)(e.Errno == Errno.None ? Errno.EINVAL : e.Errno);
        }
    }

    /// <summary>Instructions name maps by descriptor, or by a place in an array of descriptors; the platform knows them by their position.</summary>
    private static int NameMaps(Instruction[] instructions, ProgramLoadAttributes* attributes, List<IMapHandle> maps)
    {
        for (int i = 0; i < instructions.Length; i++)
        {
            Instruction instruction = instructions[i];
            if (!instruction.IsWide)
            {
                continue;
            }

            var source = (PseudoLoad)instruction.Source;
            if (source is PseudoLoad.MapFd or PseudoLoad.MapValue or PseudoLoad.MapIndex or PseudoLoad.MapIndexValue)
            {
                bool isIndex = source is PseudoLoad.MapIndex or PseudoLoad.MapIndexValue;
                if (isIndex && attributes->FdArray == null)
                {
                    return Answer.Error(Errno.EPROTO);
                }

                int fd = isIndex ? attributes->FdArray[instruction.Immediate] : instruction.Immediate;
                if (DescriptorTable.Find<IMapHandle>(fd) is not { } map)
                {
                    return BadDescriptor(fd);
                }

                int index = maps.IndexOf(map);
                if (index < 0)
                {
                    index = maps.Count;
                    maps.Add(map);
                }

                bool isValue = source is PseudoLoad.MapValue or PseudoLoad.MapIndexValue;
                instructions[i] = instruction with { Source = (Register)(isValue ? PseudoLoad.MapIndexValue : PseudoLoad.MapIndex), Immediate = index };
            }

            i++;
        }

        return 0;
    }

    /// <summary>Where functions begin: at the start, and wherever one is called or its address taken.</summary>
    private static IEnumerable<FunctionSpec> Functions(Instruction[] instructions, string name)
    {
        var starts = new SortedSet<int> { 0 };
        for (int i = 0; i < instructions.Length; i++)
        {
            Instruction instruction = instructions[i];
            bool isAddress = instruction.IsWide && (PseudoLoad)instruction.Source == PseudoLoad.Function;
            int target = i + 1 + instruction.Immediate;
            if ((instruction.IsLocalCall || isAddress) && target > 0 && target < instructions.Length)
            {
                starts.Add(target);
            }

            i += instruction.IsWide ? 1 : 0;
        }

        return starts.Select(start => new FunctionSpec(start, start == 0 ? name : $"func_{start}", 0, start == 0));
    }

    private static void WriteLog(ProgramLoadAttributes* attributes, string log)
    {
        if (attributes->LogLevel == 0 || attributes->LogBuffer == null || attributes->LogSize == 0)
        {
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(log);
        int length = (int)Math.Min((uint)bytes.Length, attributes->LogSize - 1);
        bytes.AsSpan(bytes.Length - length).CopyTo(new Span<byte>(attributes->LogBuffer, length));
        attributes->LogBuffer[length] = 0;
        attributes->LogTrueSize = (uint)bytes.Length + 1;
    }

    /// <remarks>bpf_test_finish in net/bpf/test_run.c: what does not fit is cut off, with ENOSPC and the true size.</remarks>
    private static int TestRun(ProgramTestRunAttributes* attributes)
    {
        if (DescriptorTable.Find<IProgramHandle>(attributes->ProgramFd) is not { } program)
        {
            return BadDescriptor(attributes->ProgramFd);
        }

        if ((attributes->ContextSizeIn != 0 && attributes->ContextIn == null) || (attributes->ContextSizeOut != 0 && attributes->ContextOut == null))
        {
            return Answer.Error(Errno.EINVAL);
        }

        RunOutcome outcome = program.Run(new RunRequest
        {
            Data = new ReadOnlySpan<byte>(attributes->DataIn, (int)attributes->DataSizeIn).ToArray(),
            Context = new ReadOnlySpan<byte>(attributes->ContextIn, (int)attributes->ContextSizeIn).ToArray(),
            Repeat = (int)Math.Max(1, attributes->Repeat),
        });
        if (outcome.Fault is not null)
        {
            return Answer.Error(Errno.EFAULT);
        }

        attributes->ReturnValue = (uint)outcome.ReturnValue;
        attributes->Duration = (uint)outcome.Nanoseconds;
        bool fits = CopyOut(outcome.Data, attributes->DataOut, ref attributes->DataSizeOut);
        if (attributes->ContextOut != null)
        {
            fits &= CopyOut(outcome.Context, attributes->ContextOut, ref attributes->ContextSizeOut);
        }

        return fits ? 0 : Answer.Error(Errno.ENOSPC);
    }

    private static bool CopyOut(byte[] data, void* target, ref uint size)
    {
        // No size is no limit, for the kernel too.
        uint room = size == 0 ? (uint)data.Length : size;
        if (target != null)
        {
            data.AsSpan(0, (int)Math.Min(room, (uint)data.Length)).CopyTo(new Span<byte>(target, (int)room));
        }

        size = (uint)data.Length;
        return data.Length <= room;
    }

    private static int BindMap(ProgramBindMapAttributes* attributes)
    {
        if (DescriptorTable.Find<EmbeddedProgramHandle>(attributes->ProgramFd) is null)
        {
            return BadDescriptor(attributes->ProgramFd);
        }

        return DescriptorTable.Find<IMapHandle>(attributes->MapFd) is null ? BadDescriptor(attributes->MapFd) : Answer.Error(Errno.EOPNOTSUPP);
    }

    private static int LoadBtf(BtfLoadAttributes* attributes)
    {
        byte[] bytes = new ReadOnlySpan<byte>(attributes->Btf, checked((int)attributes->BtfSize)).ToArray();
        BtfView.Read(bytes, "BTF").Validate();
        int fd = Os.Placeholder();
        if (fd < 0)
        {
            return Answer.Error(Errno.ENOMEM);
        }

        return DescriptorTable.Give(fd, new EmbeddedBtf(bytes, fd));
    }

    private static int BtfInfo(ObjectInfoAttributes* attributes, EmbeddedBtf btf, uint id)
    {
        BtfInfoRecord info = default;
        int length = (int)Math.Min(attributes->InfoLength, (uint)sizeof(BtfInfoRecord));
        new Span<byte>(attributes->Info, length).CopyTo(new Span<byte>(&info, length));
        if (info.Btf != null)
        {
            btf.Bytes.AsSpan(0, (int)Math.Min(info.BtfSize, (uint)btf.Bytes.Length)).CopyTo(new Span<byte>(info.Btf, (int)info.BtfSize));
        }

        info.BtfSize = (uint)btf.Bytes.Length;
        info.Id = id;
        return Copy(attributes, &info, sizeof(BtfInfoRecord));
    }
}
