using System.Reflection;
using System.Runtime.InteropServices;
using Ebpf.Platforms.Windows;

namespace Ebpf.Tests.Windows;

/// <summary>What can be said of the Windows platform on every OS.</summary>
public sealed class WindowsApiTests
{
    [Fact]
    public void Every_import_is_an_export_of_the_official_list()
    {
        string[] exports = [.. File.ReadLines(TestData.Path("ebpfapi-exports.txt")).Where(static l => l[0] != '#')];
        string[] imports = [.. typeof(EbpfApi).GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Select(static m => m.GetCustomAttribute<LibraryImportAttribute>()?.EntryPoint ?? m.GetCustomAttribute<DllImportAttribute>()?.EntryPoint)
            .OfType<string>()];

        Assert.Equal(168, exports.Length);
        Assert.True(imports.Length >= 27, $"{imports.Length} imports were found");
        Assert.Empty(imports.Except(exports));
    }

    [Theory]
    [InlineData(0, Errno.None)]
    [InlineData(5, Errno.None)]
    [InlineData(-22, Errno.EINVAL)]
    [InlineData(-129, Errno.EOPNOTSUPP)]
    [InlineData(-119, Errno.ENOBUFS)]
    [InlineData(-131, Errno.EIO)]
    public void Errors_of_Microsofts_library_become_ours(int answer, Errno expected) => Assert.Equal(expected, WindowsErrno.From(answer));

    [Theory]
    [InlineData(0, Errno.None)]
    [InlineData(1, Errno.EACCES)]
    [InlineData(6, Errno.EINVAL)]
    [InlineData(7, Errno.ENOENT)]
    [InlineData(12, Errno.ENOMEM)]
    [InlineData(20, Errno.EPERM)]
    [InlineData(29, Errno.ENOSPC)]
    [InlineData(14, Errno.EIO)]
    public void Results_become_errors(int result, Errno expected) => Assert.Equal(expected, WindowsErrno.FromResult(result));

    [Fact]
    public void It_takes_objects_of_its_own_dialect_only()
    {
        Assert.True(Platform.Windows.Takes(Dialect.Windows));
        Assert.False(Platform.Windows.Takes(Dialect.Linux));
        BpfException error = Assert.Throws<BpfException>(() => TestData.OpenSample("map").Load(Platform.Windows));
        Assert.Contains("compiled against Linux's headers", error.Message);
    }
}
