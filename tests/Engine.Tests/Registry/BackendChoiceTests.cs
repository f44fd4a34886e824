using Engine.LlamaCpp.Runtime;
using Engine.Registry;
using Microsoft.Extensions.Logging;

namespace Engine.Tests.Registry;

public sealed class BackendChoiceTests
{
    private static readonly string[] Registered = ["llama.cpp", "reference", "llamasharp"];

    [Theory]
    [InlineData("linux-x64", "llama.cpp")]
    [InlineData("linux-arm64", "llama.cpp")]
    [InlineData("linux-musl-x64", "llamasharp")]
    [InlineData("win-x64", "llamasharp")]
    [InlineData("win-arm64", "llamasharp")]
    [InlineData("osx-x64", "llamasharp")]
    [InlineData("osx-arm64", "llamasharp")]
    public void Without_a_name_the_platform_decides_and_the_reason_says_so(string platform, string backend)
    {
        foreach (string asked in (string[])["auto", "AUTO", ""])
        {
            var choice = BackendChoice.Of(new() { Backend = asked }, Registered, platform);
            Assert.Equal(backend, choice.Name);
            Assert.StartsWith("auto: ", choice.Reason, StringComparison.Ordinal);
            Assert.Contains(platform, choice.Reason, StringComparison.Ordinal);
        }
        Assert.Equal(backend, BackendChoice.Of(new(), Registered, platform).Name);
    }

    [Theory]
    [InlineData("linux-x64")]
    [InlineData("win-x64")]
    public void A_name_is_used_unchanged(string platform) =>
        Assert.Equal(new BackendChoice("Reference", "as asked"), BackendChoice.Of(new() { Backend = "Reference" }, Registered, platform));

    [Fact]
    public void A_users_own_library_selects_llama_cpp()
    {
        var choice = BackendChoice.Of(new() { LibraryPath = "llama.dll" }, Registered, "win-x64");
        Assert.Equal(new("llama.cpp", "auto: LibraryPath names a llama.cpp v0.5.0"), choice);
    }

    [Fact]
    public void Without_LLamaSharp_llama_cpp_is_chosen_and_the_reason_names_what_is_missing()
    {
        var choice = BackendChoice.Of(new(), ["llama.cpp", "reference"], "osx-arm64");
        Assert.Equal(new("llama.cpp", "auto: the backend 'llamasharp', which would bring libraries for osx-arm64, is not registered"), choice);
    }

    [Fact]
    public void The_platforms_of_llama_cpp_are_those_whose_package_is_pinned()
    {
        string[] pinned = [.. Directory.GetDirectories(Path.Combine(SharedFolder.Checkout, "native"))
            .Where(folder => File.Exists(Path.Combine(folder, "cpu", "package-lock.json"))).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];
        Assert.Equal(["linux-arm64", "linux-x64"], pinned);
        Assert.All(pinned, platform => Assert.True(NativeLibraryLocator.IsPinned(platform)));
    }

    [Theory]
    [InlineData("auto", "(auto: ")]
    [InlineData("", "(auto: ")]
    [InlineData("fake", "with fake (as asked)")]
    public async Task The_log_says_which_backend_runs_a_model_and_why(string asked, string said)
    {
        var options = new EngineOptions();
        options.Models["default"] = new() { Path = "model.gguf", Backend = asked };
        var lines = new Lines();
        await using var registry = new ModelRegistry(options, [new FakeBackend("llama.cpp"), new FakeBackend("llamasharp"), new FakeBackend()], lines);
        await registry.GetAsync();
        Assert.Contains(lines.Written, line => line.StartsWith("Loading the model 'default' from model.gguf with ", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal));
    }

    private sealed class Lines : ILogger<ModelRegistry>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
