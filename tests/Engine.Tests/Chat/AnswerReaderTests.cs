using Engine.Chat;
using Engine.Chat.Tools;
using Engine.Tests.Chat.Tools;

namespace Engine.Tests.Chat;

public sealed class AnswerReaderTests
{
    private static readonly MarkedTokenizer Harmony = new("<|channel|>", "<|message|>", "<|end|>", "<|start|>", "<|constrain|>", "<|reserved|>");
    private static readonly MarkedTokenizer Mistral = new("[TOOL_CALLS]", "[ARGS]");

    [Fact]
    public void Marks_that_are_control_tokens_are_read_though_they_have_no_text()
    {
        ReadAnswer read = Read(FamilyTemplates.MistralNamed, Mistral, ["See.", "[TOOL_CALLS]", "now", "[ARGS]", "{\"a\"", ": 1}", "[TOOL_CALLS]", "now", "[ARGS]", "{}"]);
        Assert.Equal(("See.", "now {\"a\":1}, now {}", true), (read.Text, Calls(read), read.EndsInCalls));
    }

    [Fact]
    public void Channels_of_control_tokens_are_thought_text_and_calls_and_others_are_nothing()
    {
        string[] thought = ["<|channel|>", "analysis", "<|message|>", "hm", "<|reserved|>", "<|end|>", "<|start|>", "assistant"];
        ReadAnswer called = Read(FamilyTemplates.Harmony, Harmony, [.. thought, "<|channel|>", "commentary to=functions.now ", "<|constrain|>", "json", "<|message|>", "{}"]);
        Assert.Equal(("hm", "", "now {}"), (called.Thought, called.Text, Calls(called)));
        ReadAnswer said = Read(FamilyTemplates.Harmony, Harmony, [.. thought, "<|channel|>", "final", "<|message|>", "Yes."]);
        Assert.Equal(("hm", "Yes.", "", false), (said.Thought, said.Text, Calls(said), said.EndsInCalls));
    }

    [Fact]
    public void Channels_are_read_without_tools_too()
    {
        var chat = new TemplatedChat(new ChatTemplate(FamilyTemplates.Harmony));
        AnswerReader reader = chat.NewReader(chat.Render(new() { Messages = [new("user", "Hi")] }), Harmony);
        ReadAnswer read = reader.ReadAll(Tokens(Harmony, ["<|channel|>", "final", "<|message|>", "Yes."], FinishReason.EndOfGeneration));
        Assert.Equal((null, "Yes."), (read.Thought, read.Text));
    }

    [Fact]
    public void A_model_thinks_then_speaks_then_calls()
    {
        const string Thinks = "{# <think></think> #}" + FamilyTemplates.Hermes;
        string[] answer = ["<think>I may <tool_call> ", "or not</think>\n\nI lo", "ok.\n<tool_", "call>{\"name\": \"now\"}", "</tool_call>"];
        ReadAnswer read = Read(Thinks, new MarkedTokenizer(), answer);
        Assert.Equal(("I may <tool_call> or not", "I look.", "now {}", true), (read.Thought, read.Text, Calls(read), read.EndsInCalls));
    }

    [Fact]
    public void Marks_of_thoughts_may_be_control_tokens_too()
    {
        ReadAnswer read = Read("{# <think></think> #}" + FamilyTemplates.Hermes, new MarkedTokenizer("<think>", "</think>"), ["<think>", "far?", "</think>", "Yes."]);
        Assert.Equal(("far?", "Yes."), (read.Thought, read.Text));
    }

    [Theory]
    [InlineData(FinishReason.EndOfGeneration, true)]
    [InlineData(FinishReason.Stop, true)]
    [InlineData(FinishReason.MaxTokens, false)]
    [InlineData(FinishReason.ContextFull, false)]
    public void An_answer_that_was_cut_off_does_not_end_in_its_calls(FinishReason reason, bool ends)
    {
        ReadAnswer read = Read(FamilyTemplates.Hermes, new MarkedTokenizer(), ["<tool_call>{\"name\": \"now\"}</tool_call>\n<tool_call>{\"na"], reason);
        Assert.Equal((1, ends), (read.Calls.Count, read.EndsInCalls));
        Assert.Equal(reason is FinishReason.EndOfGeneration or FinishReason.Stop ? "<tool_call>{\"na" : "", read.Text);
    }

    [Fact]
    public void Without_tools_marks_are_text()
    {
        ReadAnswer read = Read(FamilyTemplates.Hermes, new MarkedTokenizer(), ["<tool_call>{\"name\": \"now\"}</tool_call>"], tools: new ToolSet([]));
        Assert.Equal(("<tool_call>{\"name\": \"now\"}</tool_call>", 0), (read.Text, read.Calls.Count));
        ReadAnswer none = Read(FamilyTemplates.Hermes, new MarkedTokenizer(), ["<tool_call>{\"name\": \"now\"}</tool_call>"], tools: FamilyTemplates.Tools with { Mode = ToolMode.None });
        Assert.Equal(("<tool_call>{\"name\": \"now\"}</tool_call>", 0), (none.Text, none.Calls.Count));
    }

    private static string Calls(ReadAnswer read) => string.Join(", ", read.Calls.Select(call => $"{call.Name} {call.Arguments}"));

    private static ReadAnswer Read(string source, MarkedTokenizer tokenizer, string[] texts, FinishReason reason = FinishReason.EndOfGeneration, ToolSet? tools = null)
    {
        var chat = new TemplatedChat(new ChatTemplate(source), tools ?? FamilyTemplates.Tools);
        AnswerReader reader = chat.NewReader(chat.Render(new() { Messages = [new("user", "Hi")] }), tokenizer);
        return reader.ReadAll(Tokens(tokenizer, texts, reason));
    }

    private static IEnumerable<GeneratedToken> Tokens(MarkedTokenizer tokenizer, string[] texts, FinishReason reason) =>
        [.. texts.Select(tokenizer.Token), tokenizer.Token("") with { FinishReason = reason }];
}
