namespace Ebpf.Tests.Loading;

public sealed class DialectTests
{
    [Fact]
    public void A_platform_that_does_not_take_the_dialect_refuses_the_object_before_anything_is_made()
    {
        using var platform = new TestPlatform { OnlyDialect = Dialect.Windows };

        BpfException e = Assert.Throws<BpfException>(() => TestData.OpenSample("map").Load(platform.Platform));

        Assert.Equal(Errno.EOPNOTSUPP, e.Errno);
        Assert.Contains("Linux's headers", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, platform.Calls);
    }

    [Fact]
    public void The_embedded_platform_takes_both()
    {
        Assert.True(Platform.Embedded.Takes(Dialect.Linux));
        Assert.True(Platform.Embedded.Takes(Dialect.Windows));
        Assert.Equal("embedded", Platform.Embedded.Name);
    }
}
