using System.Text.Json;
using Engine.Chat.Jinja;

namespace Engine.Chat;

/// <summary>Writes tools, calls and results as plain text in Hermes' form, for templates that know none of them (docs/tools.md).</summary>
internal static class ToolTexts
{
    private static readonly Template PreambleText = Template.Parse("""
        You may call functions to answer. They are, each with a JSON schema of its arguments:
        <tools>
        {% for tool in tools %}
        {{ tool | tojson }}
        {% endfor %}
        </tools>
        To call one, write its name and its arguments as JSON, each call like this:
        {% if example %}
        {{ example }}
        {%- else %}
        <tool_call>
        {"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}}
        </tool_call>
        The results then come between <tool_response> and </tool_response>.
        {%- endif %}
        """);

    private static readonly Template CallsText = Template.Parse("""
        {{ content }}{% for call in calls %}{% if content or not loop.first %}{{ '\n' }}{% endif %}<tool_call>
        {"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
        </tool_call>{% endfor %}
        """);

    private static readonly Template JsonText = Template.Parse("{{ json | tojson }}");

    /// <summary>The system message about the tools.</summary>
    /// <param name="example">An example call if the template writes calls in its own form; null for Hermes' form.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    public static string Preamble(IReadOnlyList<JsonElement> tools, string? example, CancellationToken cancellationToken) =>
        Render(PreambleText, [new("tools", TemplateValues.Of(tools)), new("example", example is null ? None.Value : Text.Own(example))], cancellationToken);

    /// <summary>JSON as templates write it, in Python's manner.</summary>
    public static string Json(JsonElement json) => Render(JsonText, [new("json", PyJson.Read(json))], CancellationToken.None);

    /// <summary>Puts the preamble into the leading system message, adding one if necessary.</summary>
    public static List<TemplateMessage> BeforeSystem(IReadOnlyList<TemplateMessage> messages, string preamble) =>
        messages is [{ Role: "system" } system, ..]
            ? [system with { Content = $"{system.Content}\n\n{preamble}", Fields = Without(system, "content") }, .. messages.Skip(1)]
            : [new TemplateMessage("system", preamble), .. messages];

    /// <summary>The messages with the preamble at the beginning of the first user message; null if there is no user message.</summary>
    public static List<TemplateMessage>? BeforeUser(IReadOnlyList<TemplateMessage> messages, string preamble)
    {
        int first = messages.TakeWhile(message => message.Role != "user").Count();
        if (first == messages.Count)
        {
            return null;
        }
        List<TemplateMessage> told = [.. messages];
        told[first] = told[first] with { Content = $"{preamble}\n\n{told[first].Content}", Fields = Without(told[first], "content") };
        return told;
    }

    /// <summary>The messages with calls and results as text: calls in the assistant's messages, results in the user's.</summary>
    public static List<TemplateMessage> Turns(IReadOnlyList<TemplateMessage> messages, CancellationToken cancellationToken)
    {
        var turns = new List<TemplateMessage>(messages.Count);
        bool afterResult = false;
        foreach (TemplateMessage message in messages)
        {
            bool isResult = message.Role == "tool";
            if (isResult)
            {
                string result = $"<tool_response>\n{message.Content}\n</tool_response>";
                if (afterResult)
                {
                    turns[^1] = turns[^1] with { Content = $"{turns[^1].Content}\n{result}" };
                }
                else
                {
                    turns.Add(new TemplateMessage("user", result));
                }
            }
            else if (message.Fields.TryGetValue("tool_calls", out JsonElement calls) && calls.ValueKind == JsonValueKind.Array)
            {
                string text = Render(CallsText, [new("content", Text.Of(message.Content ?? "", isForeign: true)), new("calls", PyJson.Read(calls))], cancellationToken);
                turns.Add(message with { Content = text, Fields = Without(message, "content", "tool_calls") });
            }
            else
            {
                turns.Add(message);
            }
            afterResult = isResult;
        }
        return turns;
    }

    private static Dictionary<string, JsonElement> Without(TemplateMessage message, params string[] names) =>
        message.Fields.Where(field => !names.Contains(field.Key) && field.Key != "role").ToDictionary();

    private static string Render(Template template, IEnumerable<KeyValuePair<string, object>> variables, CancellationToken cancellationToken) =>
        template.Render(variables, DateTimeOffset.UnixEpoch, cancellationToken).Value;
}
