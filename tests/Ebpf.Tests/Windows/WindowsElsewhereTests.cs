namespace Ebpf.Tests.Windows;

/// <summary>The Windows platform where eBPF for Windows is not installed.</summary>
public sealed class WindowsElsewhereTests
{
    [Fact]
    public void The_error_says_what_to_install()
    {
        BpfNotSupportedException error = Assert.Throws<BpfNotSupportedException>(
            static () => BpfObject.Open(TestData.Root("samples/windows/map.o")).Load(Platform.Windows));

        Assert.Contains("ebpfapi.dll", error.Message);
        Assert.Contains("install", error.Message);
        Assert.Throws<BpfNotSupportedException>(static () => NativeModule.Open("a.sys"));
    }
}
