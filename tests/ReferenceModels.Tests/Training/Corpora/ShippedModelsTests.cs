using System.Security.Cryptography;
using System.Text.Json;
using Engine;
using Engine.Chat;
using Engine.Gguf;
using ReferenceModels.Heads;
using ReferenceModels.Training.Corpora;
using ReferenceModels.Training.Initialization;

namespace ReferenceModels.Tests.Training.Corpora;

/// <summary>The models of models/ do what their cards say, on a sample of the texts with which those figures were measured.</summary>
public sealed class ShippedModelsTests
{
    private const ulong Seed = 20261122;

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.gguf").Select(path => System.IO.Path.GetFileName(path)!)];

    private static string Folder => System.IO.Path.Combine(SharedFolder.Checkout, "models");

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_file_is_small_and_its_card_describes_it(string name)
    {
        string card = name.Split('.')[0].Replace("-f32", "", StringComparison.Ordinal).Replace("-q8_0", "", StringComparison.Ordinal) + ".md";

        Assert.InRange(new FileInfo(Path(name)).Length, 1000, 3_000_000);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path(name)))), File.ReadAllText(Path(card)), StringComparison.Ordinal);
    }

    /// <summary>The shape that train.sh starts from has the template of the shipped files.</summary>
    [Theory]
    [InlineData("llama-stories-f32.gguf")]
    [InlineData("llama-stories-q8_0.gguf")]
    public void The_story_teller_reads_a_chat_by_the_template_of_its_shape(string name)
    {
        ModelShape shape = ModelShape.Read(Path("shapes/llama-stories.json"));
        using GgufFile file = GgufFile.Open(Path(name));
        ChatTemplate template = ChatTemplate.FromMetadata(file.Metadata)!;
        Assert.Equal(shape.ChatTemplate, template.Source);
        Assert.Equal("One rainy day,", Render(("system", "Be kind."), ("user", " One rainy day, ")));
        Assert.Equal("One rainy day, Peter", Render(("user", "One rainy day,"), ("user", "Peter")));
        Assert.Equal("A day. He went.<|endoftext|>Next,", Render(("user", "A day."), ("assistant", " He went."), ("user", "Next,")));
        Assert.Equal("A day. He went.<|endoftext|>Next,", Render(("user", "A day."), ("assistant", "He went."), ("user", "Next,")));
        Assert.Equal("Once, there.<|endoftext|>", Render(("user", "Once"), ("assistant", ", there.")));
        Assert.Equal("<|endoftext|>", Render(("system", "Be kind.")));
        Assert.Equal("A day.<|endoftext|>", Render(("assistant", "A day.")));

        string Render(params (string Role, string Content)[] messages) =>
            template.Render(new ChatTemplateInput { Messages = [.. messages.Select(message => new TemplateMessage(message.Role, message.Content))] }).Text;
    }

    /// <summary>The template renders a call and its result as in the corpus, whatever else a tool's description contains.</summary>
    [Fact]
    public void The_tool_caller_reads_tools_and_calls_in_the_form_of_Hermes()
    {
        using GgufFile file = GgufFile.Open(Path("llama-tools-q8_0.gguf"));
        ChatTemplate template = ChatTemplate.FromMetadata(file.Metadata)!;
        Assert.Equal(ModelShape.Read(Path("shapes/llama-tools.json")).ChatTemplate, template.Source);
        JsonElement tool = JsonElement.Parse("""{"type":"function","function":{"name":"get_weather","description":"Of a city.","parameters":{"type":"object","properties":{"city":{"type":"string"},"unit":{}}}}}""");
        JsonElement bare = JsonElement.Parse("""{"type":"function","function":{"name":"get_time"}}""");
        JsonElement calls = JsonElement.Parse("""[{"id":"1","type":"function","function":{"name":"get_weather","arguments":{"city":"Zürich"}}},{"function":{"name":"get_time","arguments":{}}}]""");
        string text = template.Render(new ChatTemplateInput
        {
            Tools = [tool, bare],
            Messages =
            [
                new("system", "Be kind."), new("user", "Hi "), new("assistant", "Hello!"), new("user", "And?"),
                new("assistant", null) { Fields = new Dictionary<string, JsonElement> { ["tool_calls"] = calls } }, new("tool", "sunny"), new("tool", "14:05"),
            ],
        }).Text;
        Assert.Equal(
            """
            tools:
            <tools>
            {"name": "get_weather", "parameters": ["city", "unit"]}
            {"name": "get_time", "parameters": []}
            </tools>
            user:
            Hi
            assistant:
            Hello!<|endoftext|>
            user:
            And?
            assistant:
            <tool_call>
            {"name": "get_weather", "arguments": {"city": "Zürich"}}
            </tool_call>
            <tool_call>
            {"name": "get_time", "arguments": {}}
            </tool_call><|endoftext|>
            tool:
            <tool_response>
            sunny
            </tool_response>
            tool:
            <tool_response>
            14:05
            </tool_response>
            assistant:

            """, text, ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task The_tool_caller_calls_and_uses_the_results()
    {
        await using IModel model = await ReferenceModelFixture.LoadNativeAsync(Path("llama-tools-q8_0.gguf"), contextLength: 2048);

        ToolQuality found = await ToolQuality.OfAsync(model, 60, Seed, SamplingOptions.Greedy);

        Assert.True(found is { Calls: > 0.4, Answers: > 0.55, Talk: > 0.75 }, found.ToString());
    }

    [Theory]
    [InlineData("llama-stories-f32.gguf")]
    [InlineData("llama-stories-q8_0.gguf")]
    public async Task The_story_teller_stays_on_topic_and_ends(string name)
    {
        await using IModel model = await ReferenceModelFixture.LoadNativeAsync(Path(name), contextLength: 512);

        ModelQuality.Stories found = await ModelQuality.OfStoriesAsync(model, 40, Seed, SamplingOptions.Greedy);

        Assert.True(found is { Whole: > 0.85, Right: > 0.95, Ended: > 0.95 }, found.ToString());
    }

    [Fact]
    public async Task The_classifier_names_moods()
    {
        await using IModel model = await ReferenceModelFixture.LoadNativeAsync(Path("gpt2-moods.gguf"), contextLength: 256);
        using var heads = new HeadedModel(model);

        Assert.InRange(await ModelQuality.OfMoodsAsync(heads, 60, Seed), 0.9, 1);
    }

    [Fact]
    public async Task The_encoder_fills_masks_and_ranks_the_same_fact_nearest()
    {
        await using IModel model = await ReferenceModelFixture.LoadNativeAsync(Path("bert-facts.gguf"), contextLength: 64);
        using var heads = new HeadedModel(model);

        ModelQuality.Facts found = await ModelQuality.OfFactsAsync(model, heads, 60, Seed);

        Assert.True(found is { Filled: > 0.7, Nearest: > 0.75 } && found.Same > found.Other + 0.2, found.ToString());
    }

    [Fact]
    public async Task T5_translates()
    {
        await using IModel model = await ReferenceModelFixture.LoadNativeAsync(Path("t5-translations.gguf"), contextLength: 128);

        Assert.InRange(await ModelQuality.OfTranslationsAsync(model, 60, Seed), 0.95, 1);
    }

    [Fact]
    public async Task The_Transformer_translates()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(Path("transformer-translations.gguf"));

        Assert.InRange(await ModelQuality.OfTranslationsAsync(model, 60, Seed), 0.95, 1);
    }

    private static string Path(string name) => System.IO.Path.Combine(Folder, name);
}
