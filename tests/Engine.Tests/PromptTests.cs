namespace Engine.Tests;

public sealed class PromptTests
{
    [Fact]
    public void A_prompt_of_both_text_and_tokens_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Prompt("text", [1]));

    [Fact]
    public void A_prompt_of_neither_text_nor_tokens_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Prompt(null, null));
}
