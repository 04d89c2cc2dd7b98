namespace Ebpf.Bytecode;

/// <summary>Reads a file that a user named, and explains in one line why it cannot.</summary>
internal static class InputFile
{
    /// <exception cref="BpfException">The file does not exist, is a directory, may not be read, or is larger than 2 GiB.</exception>
    public static byte[] Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
            throw new BpfException($"{path}: is a directory; give the file in it", Errno.EINVAL);

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            throw new BpfException($"{(path.Length > 0 ? path : "''")}: there is no such file", Errno.ENOENT, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BpfException($"{path}: may not be read: permission denied", Errno.EACCES, e);
        }
        catch (IOException e)
        {
            throw new BpfException($"{path}: cannot be read: {e.Message}", Errno.EIO, e);
        }
    }
}
