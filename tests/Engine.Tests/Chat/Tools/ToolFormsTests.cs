using System.Text;
using System.Text.RegularExpressions;
using Engine.Chat;
using Engine.Chat.Tools;
using Engine.Constraints;

namespace Engine.Tests.Chat.Tools;

public sealed class ToolFormsTests
{
    private static readonly (string Id, string Name, string Arguments)[] Called =
        [("aBcDeFgH1", "get_weather", """{"city":"Oslo \"x\" {","days":3}"""), ("aBcDeFgH2", "now", "{}")];

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void What_a_familys_template_writes_is_read_as_the_calls_that_it_was_given(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        Assert.Equal(form, template.ToolForm.GetType().Name);
        string answer = Written(template, Called[..most]);

        ReadAnswer read = Read(template, answer);

        Assert.Equal("", read.Text);
        Assert.Equal(Called[..most].Select(call => (call.Name, call.Arguments)), read.Calls.Select(call => (call.Name, call.Arguments)));
        Assert.Equal(Enumerable.Range(0, most), read.Calls.Select(call => call.Index));
        Assert.Equal(most, read.Calls.Select(call => call.Id).Distinct().Count());
        Assert.True(read.EndsInCalls);
    }

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void What_a_familys_template_writes_has_the_shape_of_a_required_call(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        var chat = new TemplatedChat(template, FamilyTemplates.Tools with { Mode = ToolMode.Required });
        Prompt prompt = chat.Render(Asked());
        Regex shape = ShapeText.Of(Assert.IsType<ShapeConstraint>(chat.Constrain(prompt, null)).Shape);

        foreach (int count in new[] { 1, most })
        {
            Assert.Matches(shape, Written(template, Called[..count]));
        }
        Assert.DoesNotMatch(shape, "It is sunny.");
        Assert.DoesNotMatch(shape, Written(template, [("aBcDeFgH1", "other", "{}")]));
        Assert.NotEmpty(form);
    }

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void A_named_tool_and_a_single_call_have_their_own_shapes(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        Regex named = ShapeOf(FamilyTemplates.Tools with { Mode = ToolMode.Required, Named = "now" });
        Regex single = ShapeOf(FamilyTemplates.Tools with { Mode = ToolMode.Required, AllowsParallel = false });

        Assert.Matches(named, Written(template, [("aBcDeFgH1", "now", "{}")]));
        Assert.DoesNotMatch(named, Written(template, [Called[0]]));
        Assert.Matches(single, Written(template, [Called[0]]));
        Assert.True(most == 1 || !single.IsMatch(Written(template, Called)), form);

        Regex ShapeOf(ToolSet tools)
        {
            var chat = new TemplatedChat(template, tools);
            return ShapeText.Of(((ShapeConstraint)chat.Constrain(chat.Render(Asked()), null)!).Shape);
        }
    }

    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void Strict_tools_bind_the_call_and_leave_the_text_free(string source, string form, int most)
    {
        var template = new ChatTemplate(source);
        var tools = new ToolSet([.. FamilyTemplates.Tools.Tools.Select(tool => tool with { IsStrict = true })]);
        var chat = new TemplatedChat(template, tools);
        Regex shape = ShapeText.Of(Assert.IsType<ShapeConstraint>(chat.Constrain(chat.Render(Asked()), null)).Shape);

        Assert.Matches(shape, Written(template, Called[..most]));
        Assert.Matches(shape, template.ToolForm is HarmonyForm ? "<|channel|>final<|message|>It is sunny." : "It is sunny.");
        Assert.NotEmpty(form);
        Assert.Null(new TemplatedChat(template, FamilyTemplates.Tools).Constrain(chat.Render(Asked()), null));
    }

    [Fact]
    public void A_template_without_tools_has_the_form_of_our_own()
    {
        Assert.Same(MarkedForm.Hermes, new ChatTemplate("{# tools, [TOOL_CALLS] #}{{ messages[0].content }} tools").ToolForm);
        Assert.IsType<MistralForm>(new ChatTemplate("{{ messages[0]['content'] }}{% if tools is defined %}[TOOL_CALLS]{% endif %}").ToolForm);
    }

    private static ChatTemplateInput Asked() => new() { Messages = [new("user", "How is it?")] };

    /// <summary>The assistant's turn as a template writes it, without the token that ends it.</summary>
    private static string Written(ChatTemplate template, (string, string, string)[] calls)
    {
        ChatTemplateInput asked = Asked();
        string before = template.Render(asked).Text;
        string all = template.Render(asked with { Messages = [.. asked.Messages, FamilyTemplates.Calls(calls)], AddGenerationPrompt = false }).Text;
        Assert.StartsWith(before, all, StringComparison.Ordinal);
        return Regex.Replace(all[before.Length..], @"(<\|im_end\|>\n|<\|eot_id\|>|</s>|<｜end▁of▁sentence｜>|<\|call\|>|<\|end\|>)$", "");
    }

    private static ReadAnswer Read(ChatTemplate template, string answer)
    {
        var chat = new TemplatedChat(template, FamilyTemplates.Tools);
        AnswerReader reader = chat.NewReader(chat.Render(Asked()), new MarkedTokenizer());
        return reader.ReadAll(MarkedTokenizer.Tokens([.. answer.Select(c => c.ToString())], FinishReason.EndOfGeneration));
    }
}

/// <summary>A shape as a regular expression; JSON is anything in braces, or a number.</summary>
internal static class ShapeText
{
    public static Regex Of(AnswerShape shape) => new($"^(?:{Pattern(shape)})$", RegexOptions.Singleline | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));

    private static string Pattern(AnswerShape shape) => shape switch
    {
        AnswerShape.Literal literal => Regex.Escape(literal.Text),
        AnswerShape.Marker marker => Regex.Escape(marker.Text),
        AnswerShape.Json => @"(?:\{(?:[^{}""]|""(?:[^""\\]|\\.)*"")*\}|\d+)",
        AnswerShape.Pattern pattern => $"(?:{pattern.Regex})",
        AnswerShape.Prose prose => prose.Without.Count == 0 ? ".*?" : $"(?:(?!{string.Join('|', prose.Without.Select(Regex.Escape))}).)*",
        AnswerShape.Sequence sequence => string.Concat(sequence.Parts.Select(Pattern)),
        AnswerShape.Either either => $"(?:{string.Join('|', either.Options.Select(Pattern))})",
        AnswerShape.Repeat repeat => Repeated(repeat),
        _ => throw new NotSupportedException(shape.GetType().Name),
    };

    private static string Repeated(AnswerShape.Repeat repeat)
    {
        string part = Pattern(repeat.Part);
        string many = new StringBuilder($"(?:{part})(?:{Regex.Escape(repeat.Separator)}(?:{part})){{{Math.Max(0, repeat.Min - 1)},{(repeat.Max is { } max ? max - 1 : "")}}}").ToString();
        return repeat.Min == 0 ? $"(?:{many})?" : many;
    }
}
