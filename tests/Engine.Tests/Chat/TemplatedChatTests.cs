using System.Text.Json;
using Engine.Chat;
using Engine.Chat.Tools;
using Engine.Constraints;
using Engine.Tests.Chat.Tools;
using Engine.Tests.Serving;

namespace Engine.Tests.Chat;

public sealed class TemplatedChatTests
{
    private const string Weather = """{"type": "function", "function": {"name": "get_weather", "description": "Tells the weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"], "additionalProperties": false}}}""";
    private const string Now = """{"type": "function", "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}}}""";

    private static readonly TemplateMessage User = new("user", "How is it in Oslo?");

    [Fact]
    public void A_template_that_knows_tools_is_given_them_with_no_field_missing() =>
        Assert.Equal(
            $"<|im_start|>system\n<tools>\n{Weather}\n{Now}\n</tools><|im_end|>\n<|im_start|>user\nHow is it in Oslo?<|im_end|>\n<|im_start|>assistant\n",
            Render(FamilyTemplates.Hermes, FamilyTemplates.Tools, User));

    [Fact]
    public void Tools_that_must_not_be_called_are_not_shown()
    {
        Assert.Equal(Render(FamilyTemplates.Hermes, null, User), Render(FamilyTemplates.Hermes, FamilyTemplates.Tools with { Mode = ToolMode.None }, User));
        Assert.DoesNotContain("now", Render("{{ messages[0].content }}", FamilyTemplates.Tools with { Mode = ToolMode.None }, User), StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_without_tools_gets_them_in_our_own_system_message()
    {
        string chatml = NamedTemplates.Read("chatml");
        string told = Render(chatml, FamilyTemplates.Tools, new("system", "Be kind."), User);
        Assert.StartsWith("<|im_start|>system\nBe kind.\n\nYou may call functions to answer.", told, StringComparison.Ordinal);
        Assert.Contains($"<tools>\n{Weather}\n{Now}\n</tools>", told, StringComparison.Ordinal);
        Assert.Contains("<tool_call>\n{\"name\": ", told, StringComparison.Ordinal);
        Assert.EndsWith("<|im_start|>user\nHow is it in Oslo?<|im_end|>\n<|im_start|>assistant\n", told, StringComparison.Ordinal);
        Assert.StartsWith("<|im_start|>system\nYou may call functions", Render(chatml, FamilyTemplates.Tools, User), StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_that_refuses_system_messages_gets_tools_from_the_user()
    {
        const string Refusing = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('No system role') }}{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}";
        string told = Render(Refusing, FamilyTemplates.Tools, User);
        Assert.StartsWith("<user>You may call functions", told, StringComparison.Ordinal);
        Assert.EndsWith("</tool_response>.\n\nHow is it in Oslo?", told, StringComparison.Ordinal);
        var refused = Assert.Throws<ChatTemplateException>(() => Render(Refusing, FamilyTemplates.Tools, new("system", "Be kind."), User));
        Assert.Contains("No system role", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_and_results_are_texts_where_a_template_knows_none()
    {
        TemplateMessage called = FamilyTemplates.Calls(("c1", "get_weather", """{"city":"Oslo","of":[1,2]}"""), ("c2", "now", "{}")) with { Content = "I look." };
        string told = Render("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}", null, User, called, FamilyTemplates.Result("c1", "get_weather", "sunny"), FamilyTemplates.Result("c2", "now", "noon"), new("assistant", "Sunny."));
        Assert.Equal(
            "<user>How is it in Oslo?<assistant>I look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\", \"of\": [1, 2]}}\n</tool_call>\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
            + "<user><tool_response>\nsunny\n</tool_response>\n<tool_response>\nnoon\n</tool_response><assistant>Sunny.",
            told);
    }

    [Fact]
    public void A_template_that_writes_calls_and_looks_at_no_tools_gets_them_in_its_own_form()
    {
        // It joins the arguments to a text, so that they must be one.
        const string Source = "{% for m in messages %}{% if m.tool_calls %}<|a|>{% for c in m.tool_calls %}{{ '<|call|>' + c.function.name + '<|with|>' + c.function.arguments + '<|/call|>' }}{% endfor %}<|end|>"
            + "{% else %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";
        string told = Render(Source.Replace("<|a|>", "<|assistant|>", StringComparison.Ordinal), FamilyTemplates.Tools, User, FamilyTemplates.Calls(("c1", "get_weather", """{"city":"Oslo","days":3}""")));
        Assert.Contains("each call like this:\n<|call|>NAME<|with|>{\"ARGUMENT\": \"VALUE\"}<|/call|><|end|><|user|>How is it", told, StringComparison.Ordinal);
        Assert.EndsWith("<|call|>get_weather<|with|>{\"city\": \"Oslo\", \"days\": 3}<|/call|><|end|><|assistant|>", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_models_second_template_for_tools_is_used_if_there_are_tools()
    {
        var templates = new Dictionary<string, string> { [ModelCard.DefaultChatTemplate] = "{{ messages[0].content }}", ["tool_use"] = FamilyTemplates.Hermes };
        var scripted = new ScriptedModel();
        await using var model = new Engine.Serving.ServedModel(new ScriptedModel { Card = scripted.Card with { ChatTemplates = templates } }, new());
        ChatTemplate template = ModelTemplates.Find(model)!;
        var input = new ChatTemplateInput { Messages = [User] };
        Assert.Equal(User.Content, new TemplatedChat(template).Render(input).Text());
        Assert.Equal(Render(FamilyTemplates.Hermes, FamilyTemplates.Tools, User), new TemplatedChat(template, FamilyTemplates.Tools).Render(input).Text());
    }

    [Fact]
    public void Thoughts_beside_calls_have_the_name_that_gpt_oss_knows()
    {
        const string Source = "{# <|channel|><|message|> #}{% for m in messages %}{% if m.tool_calls %}({{ m.thinking }}){% else %}{{ m.content }}{% endif %}{% endfor %}";
        TemplateMessage called = FamilyTemplates.Calls(("c1", "now", "{}"));
        called = called with { Fields = new Dictionary<string, JsonElement>(called.Fields) { ["reasoning_content"] = ToolTurns.Field("far?") } };
        Assert.Equal("How is it in Oslo?(far?)", Render(Source, null, User, called));
    }

    [Fact]
    public void A_template_that_takes_one_call_at_a_time_gets_several_one_after_the_other()
    {
        TemplateMessage called = FamilyTemplates.Calls(("c1", "get_weather", """{"city":"Oslo"}"""), ("c2", "now", "{}"));
        string told = Render(FamilyTemplates.Llama, FamilyTemplates.Tools, User, called, FamilyTemplates.Result("c2", "now", "noon"), FamilyTemplates.Result("c1", "get_weather", "sunny"), new("user", "And?"));
        Assert.EndsWith(
            "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Oslo\"}}<|eot_id|><|start_header_id|>ipython<|end_header_id|>\n\nsunny<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n{\"name\": \"now\", \"parameters\": {}}<|eot_id|><|start_header_id|>ipython<|end_header_id|>\n\nnoon<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nAnd?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            told, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_are_as_Mistrals_templates_demand_them_whatever_clients_send()
    {
        string Told(string id) => Render(FamilyTemplates.MistralList, FamilyTemplates.Tools, User, FamilyTemplates.Calls((id, "now", "{}")), FamilyTemplates.Result(id, "now", "noon"));
        Assert.Contains("\"call_id\": \"aBcDeFgH1\"", Told("aBcDeFgH1"), StringComparison.Ordinal);
        Assert.Equal(Told("call_0123456789"), Told("call_0123456789"));
        Assert.NotEqual(Told("call_0123456789"), Told("call_0123456788"));
        Assert.Matches("\"call_id\": \"[0-9A-Za-z]{9}\"", Told(""));
    }

    /// <summary>However clients write a turn back, its prompt is the one that the model wrote, so that the prefix is found again.</summary>
    [Theory]
    [MemberData(nameof(FamilyTemplates.All), MemberType = typeof(FamilyTemplates))]
    public void A_turn_that_comes_back_gives_the_same_prompt_however_it_is_written(string source, string form, int most)
    {
        string[] written =
        [
            """{"id":"aBcDeFgH1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\",\"days\":3}"}}""",
            """{"id":"aBcDeFgH1","type":"function","function":{"name":"get_weather","arguments":"{\n  \"city\": \"Oslo\",\n  \"days\": 3\n}"}}""",
            """{"id":"aBcDeFgH1","type":"function","function":{"name":"get_weather","arguments":{"city" : "\u004Fslo", "days" : 3}}}""",
        ];
        var results = new[] { "sunny", "\"sunny\"" };
        List<string> prompts = [.. written.SelectMany(call => results.Select(result => Render(source, FamilyTemplates.Tools, User,
            new TemplateMessage("assistant", null) { Fields = new Dictionary<string, JsonElement> { ["tool_calls"] = ToolTurns.Field([ToolTurns.Call(JsonElement.Parse(call))]) } },
            FamilyTemplates.Result("aBcDeFgH1", "get_weather", ToolTurns.Result(result)))))];

        Assert.Single(prompts.Distinct());
        Assert.True(form == nameof(SpelledForm) || prompts[0].Contains("{\"city\": \"Oslo\", \"days\": 3}", StringComparison.Ordinal), prompts[0]);
        Assert.StartsWith(Render(source, FamilyTemplates.Tools, User), prompts[0], StringComparison.Ordinal);
        Assert.True(most > 0, form);
    }

    [Fact]
    public void An_answer_is_constrained_exactly_where_format_or_tools_require_it()
    {
        var template = new ChatTemplate(FamilyTemplates.Hermes);
        Constraint json = Constraint.JsonObject;
        Assert.Null(Of(template, null, null));
        Assert.Same(json, Of(template, null, json));
        Assert.Same(json, Of(template, FamilyTemplates.Tools with { Mode = ToolMode.None }, json));
        Assert.Null(Of(template, FamilyTemplates.Tools, null));
        // A call or the format.
        var either = Assert.IsType<AnswerShape.Either>(Shape(template, FamilyTemplates.Tools, json));
        Assert.IsType<AnswerShape.Json>(either.Options[0]);
        Assert.IsType<AnswerShape.Repeat>(either.Options[1]);
        // A call.
        var calls = Assert.IsType<AnswerShape.Repeat>(Shape(template, FamilyTemplates.Tools with { Mode = ToolMode.Required }, json));
        Assert.Equal((1, null, "\n"), (calls.Min, calls.Max, calls.Separator));
        var weather = Assert.IsType<AnswerShape.Sequence>(((AnswerShape.Either)calls.Part).Options[0]);
        Assert.Equal(new AnswerShape.Marker("<tool_call>"), weather.Parts[0]);
        Assert.Equal(new AnswerShape.Literal("\n{\"name\": \"get_weather\", \"arguments\": "), weather.Parts[1]);
        Assert.Equal("string", ((AnswerShape.Json)weather.Parts[2]).Schema.GetProperty("properties").GetProperty("city").GetProperty("type").GetString());
        Assert.Equal([new AnswerShape.Literal("}\n"), new AnswerShape.Marker("</tool_call>")], weather.Parts.Skip(3));
        // Text, and one call at most.
        var text = Assert.IsType<AnswerShape.Sequence>(Shape(template, FamilyTemplates.Tools with { AllowsParallel = false }, null));
        Assert.Equal(["<tool_call>"], ((AnswerShape.Prose)text.Parts[0]).Without);
        Assert.Equal(1, ((AnswerShape.Repeat)((AnswerShape.Repeat)text.Parts[1]).Part).Max);
    }

    [Fact]
    public void Only_strict_tools_are_held_to_their_schema_where_none_is_required()
    {
        var tools = new ToolSet([FamilyTemplates.Tools.Tools[0] with { IsStrict = true }, new("free", null, JsonElement.Parse("""{"type":"object","nonsense":1}"""))]) { Conventions = new(Descriptions: true, LocalTimes: true) };
        var calls = (AnswerShape.Repeat)((AnswerShape.Repeat)((AnswerShape.Sequence)Shape(new ChatTemplate(FamilyTemplates.Hermes), tools, null)).Parts[1]).Part;
        AnswerShape.Json[] arguments = [.. ((AnswerShape.Either)calls.Part).Options.Select(call => (AnswerShape.Json)((AnswerShape.Sequence)call).Parts[2])];
        Assert.True(arguments[0].Schema.TryGetProperty("properties", out _));
        Assert.Equal("""{"type":"object"}""", arguments[1].Schema.GetRawText());
        Assert.All(arguments, json => Assert.Equal(new(Descriptions: true, LocalTimes: true), json.Conventions));
    }

    [Theory]
    [InlineData(null, """{"type":"object","properties":{},"additionalProperties":false}""")]
    [InlineData("true", """{"type":"object"}""")]
    [InlineData("{}", """{"type":"object"}""")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"string"}}}""", """{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"string"}}}""")]
    [InlineData("""{"type":"object","properties":{}}""", """{"type":"object","properties":{}}""")]
    public void Arguments_are_an_object_whatever_a_schema_leaves_open(string? schema, string arguments) =>
        Assert.Equal(arguments, new ToolDefinition("a", null, schema is null ? null : JsonElement.Parse(schema)).Arguments.GetRawText());

    [Fact]
    public void A_model_may_think_before_it_must_call_or_answer_in_a_form()
    {
        const string Opening = "{{ messages[0].content }}{% if tools %}<tool_call>{% endif %}{% if add_generation_prompt %}<think>\n{% endif %}";
        var open = Assert.IsType<AnswerShape.Sequence>(Shape(new ChatTemplate(Opening), null, Constraint.JsonObject));
        Assert.Equal(["</think>"], ((AnswerShape.Prose)open.Parts[0]).Without);
        Assert.Equal(new AnswerShape.Marker("</think>"), open.Parts[1]);
        Assert.IsType<AnswerShape.Json>(open.Parts[3]);
        var closed = Assert.IsType<AnswerShape.Either>(Shape(new ChatTemplate("{# </think> #}" + FamilyTemplates.Hermes), FamilyTemplates.Tools with { Mode = ToolMode.Required }, null));
        Assert.Equal(new AnswerShape.Marker("<think>"), ((AnswerShape.Sequence)closed.Options[0]).Parts[0]);
        Assert.IsType<AnswerShape.Repeat>(closed.Options[1]);
        // In the channel for what is said.
        var harmony = Assert.IsType<AnswerShape.Sequence>(Shape(new ChatTemplate(FamilyTemplates.Harmony), null, new RegexConstraint("yes|no")));
        Assert.Equal(new AnswerShape.Pattern("yes|no"), ((AnswerShape.Sequence)harmony.Parts[1]).Parts[^1]);
    }

    [Fact]
    public void Every_constraint_can_stand_beside_tools_but_code()
    {
        var template = new ChatTemplate(FamilyTemplates.Hermes);
        Assert.Equal(new AnswerShape.Grammar("root ::= \"a\""), Beside(new GrammarConstraint("root ::= \"a\"")));
        Assert.Equal(new AnswerShape.Pattern("a+"), Beside(new RegexConstraint("a+")));
        Assert.Equal([new AnswerShape.Literal("a"), new AnswerShape.Literal("b")], ((AnswerShape.Either)Beside(new ChoiceConstraint(["a", "b"]))).Options);
        var code = new CodeConstraint(_ => throw new NotSupportedException());
        Assert.Same(code, Of(template, null, code));
        Assert.Contains("custom code", Assert.Throws<UnsupportedRequestException>(() => Beside(code)).Message, StringComparison.Ordinal);

        AnswerShape Beside(Constraint format) => ((AnswerShape.Either)Shape(template, FamilyTemplates.Tools, format)).Options[0];
    }

    [Theory]
    [InlineData("", "found ''")]
    [InlineData("a b", "found 'a b'")]
    [InlineData("a\"b", "found 'a\"b'")]
    [InlineData("<a>", "found '<a>'")]
    public void Names_that_would_break_a_form_are_refused(string name, string found)
    {
        var mistake = Assert.Throws<InvalidRequestException>(() => new ToolSet([new(name)]).Check("Answering a chat"));
        Assert.StartsWith("Answering a chat: expected names of tools without blanks, quotes and brackets, " + found, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_can_only_be_required_of_a_tool_that_exists()
    {
        Assert.Contains("found none", Refusal(new ToolSet([]) { Mode = ToolMode.Required }), StringComparison.Ordinal);
        Assert.Contains("expected the tool 'b' among the tools, since its call is required, found 'a'", Refusal(new ToolSet([new("a")]) { Mode = ToolMode.Required, Named = "b" }), StringComparison.Ordinal);
        Assert.Contains("found 'a' twice", Refusal(new ToolSet([new("a"), new("a")])), StringComparison.Ordinal);

        static string Refusal(ToolSet tools) => Assert.Throws<InvalidRequestException>(() => tools.Check("Answering a chat")).Message;
    }

    private static string Render(string source, ToolSet? tools, params TemplateMessage[] messages) =>
        new TemplatedChat(new ChatTemplate(source), tools).Render(new ChatTemplateInput { Messages = messages }).Text();

    private static Constraint? Of(ChatTemplate template, ToolSet? tools, Constraint? format)
    {
        var chat = new TemplatedChat(template, tools);
        return chat.Constrain(chat.Render(new ChatTemplateInput { Messages = [User] }), format);
    }

    private static AnswerShape Shape(ChatTemplate template, ToolSet? tools, Constraint? format) => Assert.IsType<ShapeConstraint>(Of(template, tools, format)).Shape;
}
