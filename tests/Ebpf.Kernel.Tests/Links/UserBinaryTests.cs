using Ebpf.Bytecode.Elf;
using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Kernel.Tests.Links;

/// <summary>What is to be probed, read from the machine's own C library.</summary>
public class UserBinaryTests
{
    [Fact]
    public void Functions_of_a_library_are_found_by_name_version_and_pattern()
    {
        UserBinary library = OpenLibrary();

        ulong getpid = library.FindFunction("getpid");

        Assert.Contains(library.Elf.ReadSegments(), segment => segment.IsExecutable && getpid >= segment.FileOffset && getpid < segment.FileOffset + segment.FileSize);
        Assert.Equal([getpid], library.FindFunctions("getpid"));
        Assert.True(library.FindFunctions("getp*").Length > 3);
        Assert.Equal(Errno.ENOENT, Assert.Throws<BpfException>(() => library.FindFunction("no_such_function")).Errno);
        Assert.Equal(Errno.ENOENT, Assert.Throws<BpfException>(() => library.FindFunction("getpid@NO_SUCH_VERSION")).Errno);
        Assert.Equal(Errno.ENOENT, Assert.Throws<BpfException>(() => library.FindFunctions("no_such_*")).Errno);
    }

    [Fact]
    public void A_function_with_several_versions_must_be_named_with_one()
    {
        UserBinary library = OpenLibrary();
        Assert.SkipUnless(library.Elf.Machine == ElfMachine.X64, "which functions have several versions is known of glibc on x86-64");

        BpfException e = Assert.Throws<BpfException>(() => library.FindFunction("pthread_cond_wait"));

        Assert.Contains("version", e.Message, StringComparison.Ordinal);
        Assert.NotEqual(library.FindFunction("pthread_cond_wait@GLIBC_2.2.5"), library.FindFunction("pthread_cond_wait@@GLIBC_2.3.2"));
    }

    private static UserBinary OpenLibrary()
    {
        try
        {
            return UserBinary.Open("libc.so.6");
        }
        catch (BpfException e) when (e.Errno == Errno.ENOENT)
        {
            Assert.Skip("there is no glibc here");
            throw;
        }
    }
}
