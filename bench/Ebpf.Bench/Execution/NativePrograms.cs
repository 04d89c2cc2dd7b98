using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ebpf.Bench.Execution;

/// <summary>The benchmark programs as clang compiles them for this machine, without vectorising: a shared object in a temporary directory.</summary>
internal sealed unsafe class NativePrograms : IDisposable
{
    private readonly string _directory;
    private readonly nint _library;
    private readonly ulong* _context;

    private NativePrograms(string directory, nint library, byte* packet, int length)
    {
        _directory = directory;
        _library = library;
        _context = (ulong*)NativeMemory.Alloc(16);
        _context[0] = (ulong)packet;
        _context[1] = (ulong)packet + (ulong)length;
    }

    /// <summary>Compiles and loads them; null, and why, where there is no clang.</summary>
    public static NativePrograms? Build(string source, byte* packet, int length, out string reason)
    {
        string directory = Directory.CreateTempSubdirectory("ebpf-bench").FullName;
        string library = Path.Combine(directory, "execution.so");
        foreach (string clang in (string[])["clang-19", "clang"])
        {
            var start = new ProcessStartInfo(clang) { RedirectStandardError = true };
            foreach (string argument in (string[])["-O2", "-fno-vectorize", "-fno-slp-vectorize", "-fno-unroll-loops", "-fPIC", "-shared", "-fvisibility=hidden", source, "-o", library])
                start.ArgumentList.Add(argument);
            try
            {
                using Process process = Process.Start(start)!;
                string errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode == 0)
                {
                    reason = "";
                    return new NativePrograms(directory, NativeLibrary.Load(library), packet, length);
                }

                reason = errors;
            }
            catch (System.ComponentModel.Win32Exception e)
            {
                reason = e.Message;
            }
        }

        Directory.Delete(directory, recursive: true);
        reason = "there is no clang";
        return null;
    }

    /// <summary>A program, ready to be called.</summary>
    public Func<int, uint> Program(string name)
    {
        var function = (delegate* unmanaged<ulong*, int>)NativeLibrary.GetExport(_library, name);
        ulong* context = _context;
        return rounds =>
        {
            int result = 0;
            for (int i = 0; i < rounds; i++)
                result = function(context);
            return (uint)result;
        };
    }

    public void Dispose()
    {
        NativeLibrary.Free(_library);
        NativeMemory.Free(_context);
        Directory.Delete(_directory, recursive: true);
    }
}
