using Engine.BuiltIn;

namespace Engine.Tests.BuiltIn;

public sealed class BundledModelsTests
{
    [Fact]
    public void Each_model_of_the_checkout_has_a_name_that_finds_its_file()
    {
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(SharedFolder.Checkout, "models"), "*.gguf").Select(Path.GetFileName).OfType<string>()
            .Where(file => !file.EndsWith(".heads.gguf", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.True(files.Length >= 6);
        Assert.Equal(files, files.Select(file => Path.GetFileName(BundledModels.Resolve(BundledModels.Scheme + Path.GetFileNameWithoutExtension(file)))));
    }

    [Theory]
    [InlineData("builtin:llama-stories")]
    [InlineData("BuiltIn:LLaMA-stories-Q8_0")]
    public void A_name_without_a_format_is_the_default_model_and_has_no_case(string name) => Assert.Equal(DefaultModel.Find(), BundledModels.Resolve(name));

    [Fact]
    public void Heads_lie_beside_their_model() =>
        Assert.True(File.Exists(Path.ChangeExtension(BundledModels.Resolve("builtin:bert-facts"), ".heads.gguf")));

    [Fact]
    public void A_path_stays_unchanged() => Assert.Equal("models/builtin.gguf", BundledModels.Resolve("models/builtin.gguf"));

    [Theory]
    [InlineData("builtin:bert-fact", "Did you mean 'builtin:bert-facts'?")]
    [InlineData("builtin:something-else-altogether", "There are builtin:bert-facts, builtin:gpt2-moods, builtin:llama-stories, ")]
    public void An_unknown_name_is_refused_with_the_nearest_or_all(string name, string proposal)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => BundledModels.Resolve(name));
        Assert.StartsWith($"Finding the model '{name}': no model of that name comes with the engine. {proposal}", refusal.Message, StringComparison.Ordinal);
    }
}
