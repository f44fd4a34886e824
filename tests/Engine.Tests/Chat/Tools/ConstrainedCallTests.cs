using System.Text.Json;
using Engine.Chat;
using Engine.Chat.Tools;
using Engine.Constraints;
using Engine.Generation;

namespace Engine.Tests.Chat.Tools;

/// <summary>A model that chooses any token that its constraint allows: whatever it writes, the calls are read and their arguments valid.</summary>
public sealed class ConstrainedCallTests
{
    private static readonly ToolSet Tools = new(
    [
        new("get_weather", null, JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":14}},"required":["city"],"additionalProperties":false}""")),
        new("now"),
    ]);

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void A_required_call_is_made_and_valid_in_every_form_whether_marks_are_tokens_or_text(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        int several = 0;
        MarkedTokenizer marks = Marks(template), plain = new();
        foreach (MarkedTokenizer tokenizer in template.HasThoughts || template.ToolForm is SpelledForm ? [marks] : new[] { marks, plain }) // chance does not spell the mark that ends a text
        {
            for (int seed = 0; seed < 6; seed++)
            {
                ReadAnswer answer = Answer(template, tokenizer, Tools with { Mode = ToolMode.Required }, null, seed);
                Assert.True(answer.Calls.Count >= 1 && answer.EndsInCalls, $"{form}: {answer}");
                Assert.Equal("", answer.Text);
                Assert.All(answer.Calls, Check);
                several = Math.Max(several, answer.Calls.Count);

                ToolCall named = Assert.Single(Answer(template, tokenizer, Tools with { Mode = ToolMode.Required, Named = "now", AllowsParallel = false }, null, seed).Calls);
                Assert.Equal(("now", "{}"), (named.Name, named.Arguments));
            }
        }
        Assert.Equal(most > 1, several > 1);
    }

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void Strict_tools_are_called_validly_or_not_at_all(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        var strict = new ToolSet([.. Tools.Tools.Select(tool => tool with { IsStrict = true })]);
        (int calls, int texts) = (0, 0);
        for (int seed = 0; seed < 20; seed++)
        {
            ReadAnswer answer = Answer(template, Marks(template), strict, null, seed);
            Assert.All(answer.Calls, Check);
            calls += answer.Calls.Count;
            texts += answer.Text.Length > 0 ? 1 : 0;
        }
        // Chance does not spell a mark that is no token.
        bool canCall = template.ToolForm.IsBare || template.ToolForm.HasThoughts || template.ToolForm.Triggers.Any(template.ToolForm.Markers.Contains);
        Assert.True(calls > 0 == canCall && texts > 0, $"{form}, {most}: {calls} calls, {texts} texts");
    }

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void A_format_beside_tools_is_met_if_no_tool_is_called(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        var format = new JsonSchemaConstraint("""{"type":"object","properties":{"answer":{"enum":["yes","no"]}},"required":["answer"],"additionalProperties":false}""");
        (int calls, int texts) = (0, 0);
        for (int seed = 0; seed < 20; seed++)
        {
            ReadAnswer answer = Answer(template, Marks(template), Tools, format, seed);
            Assert.All(answer.Calls, call => Assert.Contains(call.Name, Tools.Tools.Select(tool => tool.Name)));
            if (answer.Calls.Count == 0)
            {
                Assert.Contains(JsonElement.Parse(answer.Text).GetProperty("answer").GetString(), new[] { "yes", "no" });
                texts++;
            }
            calls += answer.Calls.Count;
        }
        Assert.True(calls > 0 && texts > 0, $"{form}, {most}: {calls} calls, {texts} texts");
    }

    [Fact]
    public void A_model_that_thinks_may_do_so_before_a_required_call()
    {
        int thoughts = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            ReadAnswer answer = Answer(new ChatTemplate("{# <think></think> #}" + FamilyTemplates.Hermes), new MarkedTokenizer("<think>", "</think>"), Tools with { Mode = ToolMode.Required }, null, seed);
            Assert.NotEmpty(answer.Calls);
            Assert.All(answer.Calls, Check);
            Assert.Equal("", answer.Text);
            thoughts += answer.Thought is null ? 0 : 1;
        }
        Assert.InRange(thoughts, 1, 19);
    }

    private static MarkedTokenizer Marks(ChatTemplate template) => new([.. template.ToolForm.Markers.Where(mark => !mark.StartsWith('`')), "<think>", "</think>"]);

    private static void Check(ToolCall call)
    {
        JsonElement arguments = JsonElement.Parse(call.Arguments);
        if (call.Name == "now")
        {
            Assert.Equal("{}", call.Arguments);
            return;
        }
        Assert.Equal("get_weather", call.Name);
        Assert.NotNull(arguments.GetProperty("city").GetString());
        Assert.Subset(new HashSet<string> { "city", "days" }, arguments.EnumerateObject().Select(property => property.Name).ToHashSet());
        Assert.True(!arguments.TryGetProperty("days", out JsonElement days) || days.GetInt32() is >= 1 and <= 14);
    }

    /// <summary>Reads what a model writes that chooses among the allowed tokens by chance: control tokens, quotes and ends more often than others, so that it comes to an end.</summary>
    private static ReadAnswer Answer(ChatTemplate template, MarkedTokenizer tokenizer, ToolSet tools, Constraint? format, int seed)
    {
        var chat = new TemplatedChat(template, tools);
        Prompt prompt = chat.Render(new ChatTemplateInput { Messages = [new("user", "How is it?")] });
        IConstraint constraint = new ConstraintCompiler(tokenizer, "random").Begin(chat.Constrain(prompt, format)!);
        var random = new Random(seed);
        var text = new TextAssembler([]);
        var tokens = new List<GeneratedToken>();
        ulong[] mask = new ulong[(tokenizer.VocabularySize + 63) / 64];
        while (true)
        {
            Assert.InRange(tokens.Count, 0, 5000);
            Array.Clear(mask);
            constraint.Allow(mask);
            int[] allowed = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(token => (mask[token / 64] >> (token % 64) & 1) != 0)];
            Assert.True(allowed.Length > 0 || constraint.MayEnd, $"nowhere to go after {string.Concat(tokens.Select(token => token.Text))}");
            if (constraint.MayEnd && (allowed.Length == 0 || random.Next(4) == 0))
            {
                tokens.Add(Made('a', text.Finish()) with { FinishReason = FinishReason.EndOfGeneration });
                return chat.NewReader(prompt, tokenizer).ReadAll(tokens);
            }
            int[] marks = [.. allowed.Where(token => token > 255)], liked = [.. allowed.Where(token => token is '\n' or '"' or '}' or ']' or '<' or '[' or '{')];
            int next = tokens.Count == 0 && seed % 2 == 0 && allowed.Contains('{') ? '{' // opens a bare call
                : marks.Length > 0 && random.Next(3) == 0 ? marks[random.Next(marks.Length)]
                : liked.Length > 0 && random.Next(4) == 0 ? liked[random.Next(liked.Length)] : allowed[random.Next(allowed.Length)];
            constraint.Accept(next);
            tokens.Add(Made(next, text.Append(tokenizer.GetBytes(next).Span)));
        }

        static GeneratedToken Made(int token, string said) => new() { Token = token, Text = said, Index = 0, PromptTokens = 1 };
    }
}
