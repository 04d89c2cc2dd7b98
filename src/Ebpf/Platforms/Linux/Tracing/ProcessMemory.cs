using System.Globalization;

namespace Ebpf.Platforms.Linux.Tracing;

/// <summary>Where a process has a file in its memory.</summary>
internal static class ProcessMemory
{
    /// <summary>The address of what is at an offset of a file, in a process that runs code of it.</summary>
    /// <remarks>parse_vma_segs in libbpf's usdt.c; proc(5).</remarks>
    /// <exception cref="BpfException">No process is given, or it has not mapped the file.</exception>
    public static ulong AddressOf(int pid, string path, ulong offset)
    {
        if (pid <= 0)
        {
            throw new BpfNotSupportedException("a tracepoint of a shared library in all processes", "linux", "Linux 5.15; give a process");
        }

        string full = Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path);
        foreach (string line in File.ReadLines($"/proc/{pid}/maps"))
        {
            // "start-end mode offset device inode   path"
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (fields.Length < 6 || fields[5] != full || fields[1].Length < 3 || fields[1][2] != 'x')
            {
                continue;
            }

            string[] range = fields[0].Split('-');
            ulong start = Hex(range[0]), end = Hex(range[1]), at = Hex(fields[2]);
            if (offset >= at && offset - at < end - start)
            {
                return start + (offset - at);
            }
        }

        throw new BpfException($"process {pid} has not mapped the code of {full}", Errno.ESRCH);
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
