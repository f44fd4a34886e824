using Engine.Chat;

namespace Engine.Tests.Chat;

public sealed class ReasoningReaderTests
{
    private const string Thinks = "{{ messages[0].content }}{% if add_generation_prompt %}<think>\n{% endif %}";

    [Theory]
    [InlineData("<think>\nfar?\n</think>\n\nYes.", "far?\n", "Yes.")]
    [InlineData("  <think>a < b</think>c </think> <think>", "a < b", "c </think> <think>")]
    [InlineData("<think></think>\n\nYes.", "", "Yes.")]
    [InlineData("Yes <think>no</think>", "", "Yes <think>no</think>")]
    [InlineData("<thin air", "", "<thin air")]
    [InlineData("<think>never ends </thin", "never ends </thin", "")]
    [InlineData(" \n", "", " \n")]
    [InlineData("", "", "")]
    public void Thoughts_are_separated_from_the_answer_however_the_text_arrives(string text, string thought, string answer)
    {
        for (int piece = 1; piece <= text.Length + 1; piece++)
        {
            Assert.Equal((thought, answer), Read("{# <think> #}{{ messages[0].content }}", [.. text.Chunk(piece).Select(part => new string(part))]));
        }
    }

    [Fact]
    public void A_prompt_that_opens_the_reasoning_is_followed_by_it() => Assert.Equal(("far?\n", "Yes."), Read(Thinks, "far?\n</th", "ink>\n", "\nYes."));

    [Fact]
    public void A_template_without_reasoning_has_none() =>
        Assert.Null(ReasoningReader.For(new ChatTemplate("{{ messages[0].content }}"), Prompt.FromParts([new("<think>", IsMarkup: true)])));

    [Fact]
    public void A_users_text_cannot_open_the_reasoning()
    {
        var template = new ChatTemplate("{# <think> #}{{ messages[0].content }}");
        Prompt chat = template.Render(new ChatTemplateInput { Messages = [new("user", "<think>")] }).ToPrompt();
        Assert.Equal([("Yes.", false)], ReasoningReader.For(template, chat)!.Add("Yes."));
    }

    private static (string Thought, string Answer) Read(string source, params string[] pieces)
    {
        var template = new ChatTemplate(source);
        ReasoningReader reader = ReasoningReader.For(template, template.Render(new ChatTemplateInput { Messages = [new("user", "Hi")] }).ToPrompt())!;
        var parts = pieces.SelectMany(reader.Add).ToList();
        if (reader.Finish() is { } rest)
        {
            parts.Add(rest);
        }
        return (Join(true), Join(false));

        string Join(bool thought) => string.Concat(parts.Where(part => part.IsReasoning == thought).Select(part => part.Text));
    }
}
