using Ebpf.Platforms.Linux.Syscalls;

namespace Ebpf.Platforms.Linux.Programs;

/// <summary>Keeps the calling thread on one CPU until it is disposed: where the kernel runs a program on the CPU that asks for it.</summary>
internal unsafe ref struct CpuBinding : IDisposable
{
    private LibC.CpuSet _before;
    private bool _isBound;

    public CpuBinding(int cpu)
    {
        LibC.CpuSet set = default;
        fixed (LibC.CpuSet* before = &_before)
        {
            if (cpu < 0 || cpu >= LibC.CpuSet.Capacity || LibC.GetAffinity(0, (nuint)sizeof(LibC.CpuSet), before) < 0)
            {
                throw NoCpu(cpu);
            }
        }

        ((byte*)&set)[cpu / 8] = (byte)(1 << (cpu % 8));
        if (LibC.SetAffinity(0, (nuint)sizeof(LibC.CpuSet), &set) < 0)
        {
            throw NoCpu(cpu);
        }

        _isBound = true;
    }

    public void Dispose()
    {
        if (_isBound)
        {
            _isBound = false;
            fixed (LibC.CpuSet* before = &_before)
            {
                _ = LibC.SetAffinity(0, (nuint)sizeof(LibC.CpuSet), before);
            }
        }
    }

    private static BpfException NoCpu(int cpu) => new($"there is no CPU {cpu} that this thread may run on", Errno.ENXIO);
}
