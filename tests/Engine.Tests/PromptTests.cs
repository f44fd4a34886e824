namespace Engine.Tests;

public sealed class PromptTests
{
    [Fact]
    public void A_prompt_of_both_text_and_tokens_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Prompt("text", [1]));

    [Fact]
    public void A_prompt_of_neither_text_nor_tokens_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Prompt(null, null));

    [Fact]
    public void A_prompt_survives_a_serializer_in_each_of_its_forms()
    {
        foreach (Prompt prompt in new[] { Prompt.FromText("a"), Prompt.FromTokens([1, 2]), Prompt.FromParts([new PromptPart("<s>", true), new PromptPart("b", false)]) })
        {
            string json = System.Text.Json.JsonSerializer.Serialize(prompt);
            Assert.Equal(json, System.Text.Json.JsonSerializer.Serialize(System.Text.Json.JsonSerializer.Deserialize<Prompt>(json)));
        }
    }
}
