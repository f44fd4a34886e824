using System.Text.Json;
using Engine.Chat.Tools;

namespace Engine.Chat;

/// <summary>Finds out how a template writes tool calls by rendering a conversation that contains one.</summary>
internal sealed class ToolProbe
{
    private const string Said = "zqsaid";

    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");
    private static readonly TemplateMessage User = new("user", "zqasked");

    private readonly ChatTemplate _template;

    private ToolProbe(ChatTemplate template) => _template = template;

    /// <summary>Whether the template expects arguments as JSON text, not as an object.</summary>
    public bool TakesText { get; private init; }

    /// <summary>The calls it writes; null if it refuses the conversation or writes nothing that can be cut into its parts.</summary>
    public ToolSample? Sample { get; private init; }

    /// <summary>The same for templates that write arguments one by one.</summary>
    public SpelledSample? Spelled { get; private init; }

    public static ToolProbe Of(ChatTemplate template)
    {
        var probe = new ToolProbe(template);
        bool takesText = !Writes(probe.Calls(1, ToolSample.Arguments, asText: false)) && Writes(probe.Calls(1, ToolSample.Arguments, asText: true));
        if (probe.Turns() is not { } turn)
        {
            return new ToolProbe(template) { TakesText = takesText };
        }
        ToolSample? sample = turn(probe.Calls(1, ToolSample.Arguments, takesText)) is { } json ? ToolSample.Cut(json, turn(probe.Calls(2, ToolSample.Arguments, takesText))) : null;
        SpelledSample? spelled = sample is null && turn(probe.Calls(1, SpelledSample.Arguments)) is { } tags && turn(probe.Calls(1, NoArguments)) is { } bare
            ? SpelledSample.Cut(tags, bare, turn(probe.Calls(2, SpelledSample.Arguments)))
            : null;
        return new ToolProbe(template) { TakesText = takesText, Sample = sample, Spelled = spelled };

        // It must be JSON, not Python's notation.
        static bool Writes(string? turn) => turn?.Contains($"\"{ToolSample.Key}\"", StringComparison.Ordinal) == true;
    }

    /// <summary>Cuts the assistant's turn out of the rendered text; null if it cannot be identified.</summary>
    private Func<string?, string?>? Turns()
    {
        string text = Render(new TemplateMessage("assistant", Said)) ?? "";
        int said = text.LastIndexOf(Said, StringComparison.Ordinal);
        if (said < 0)
        {
            return null;
        }
        string before = text[..said].TrimEnd(), end = text[(said + Said.Length)..];
        return rendered =>
        {
            if (rendered?.StartsWith(before, StringComparison.Ordinal) != true)
            {
                return null;
            }
            string turn = rendered[before.Length..];
            turn = turn.EndsWith(end, StringComparison.Ordinal) ? turn[..^end.Length] : turn.TrimEnd();
            turn = _template.SpecialTokens.TryGetValue("eos_token", out string? eos) && eos.Length > 0 && turn.EndsWith(eos, StringComparison.Ordinal) ? turn[..^eos.Length] : turn;
            return turn.TrimStart();
        };
    }

    private string? Calls(int count, JsonElement arguments, bool asText = false) => Render(new TemplateMessage("assistant", null)
    {
        Fields = new Dictionary<string, JsonElement>
        {
            ["tool_calls"] = ToolTurns.Field(ToolSample.Ids[..count].Select(id => ToolTurns.Call(id, ToolSample.Name, arguments)).Select(call => asText ? ToolTurns.WithText(call) : call)),
        },
    });

    // Some templates concatenate the text with the calls, and fail without text.
    private string? Render(TemplateMessage answer) => TryRender(answer) ?? (answer.Content is null ? TryRender(answer with { Content = "" }) : null);

    private string? TryRender(TemplateMessage answer)
    {
        try
        {
            return _template.Render(new ChatTemplateInput { Messages = [User, answer], Tools = [ToolSample.Tool.ToJson()], AddGenerationPrompt = false }).Text;
        }
        catch (ChatTemplateException)
        {
            return null; // the template does not support this
        }
    }
}
