using Ebpf.Platforms.Linux.Tracing;

namespace Ebpf.Tests.Platforms.Linux;

public class GlobTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "anything", true)]
    [InlineData("sys_?pen", "sys_open", true)]
    [InlineData("sys_?pen", "sys_pen", false)]
    [InlineData("__x64_sys_*at", "__x64_sys_openat", true)]
    [InlineData("__x64_sys_*at", "__x64_sys_openat2", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXcYb", false)]
    [InlineData("a**", "a", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("abc", "ABC", false)]
    public void A_pattern_matches_the_whole_name(string pattern, string name, bool matches) => Assert.Equal(matches, Glob.Matches(pattern, name));

    [Fact]
    public void A_pattern_of_many_stars_is_answered_in_bounded_time()
    {
        string pattern = string.Concat(Enumerable.Repeat("a*", 200)) + "b";

        Assert.False(Glob.Matches(pattern, new string('a', 5000)));
    }
}
