namespace Engine.Host.Tests.Api;

/// <summary>A model that calls tools in Hermes' form, by a script.</summary>
internal static class ToolScript
{
    /// <summary>Shows the tools, the calls and their results.</summary>
    public const string Template =
        "{% for t in tools or [] %}[{{ t.function.name }} {{ t.function.parameters | tojson }}]{% endfor %}{% for m in messages %}<{{ m.role }}>{{ m.content or '' }}"
        + "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }} {{ c.function.arguments | tojson }}</tool_call>{% endfor %}{% endfor %}<assistant>";

    /// <summary>Says a text and calls two tools.</summary>
    public static string[] TwoCalls { get; } =
    [
        "Let me", " see.", "\n<tool", "_call>\n{\"name\": \"weather\", \"arg", "uments\": {\"city\": \"Oslo\", \"days\": 2}}\n</tool_call>", "\n<tool_call>\n{\"name\": \"now\", ",
        "\"arguments\": {}}\n</tool_call>", "",
    ];

    /// <summary>Calls one tool and says nothing.</summary>
    public static string[] OneCall { get; } = ["<tool_call>\n{\"name\": \"now\",", " \"arguments\": {}}\n", "</tool_call>", ""];

    public static ScriptedBackend Saying(params string[] words) => new() { ChatTemplate = Template, Says = _ => words };

    public static string Prompt(GenerateRequest request) => string.Concat(request.Prompt.Parts!.Select(part => part.Text));
}
