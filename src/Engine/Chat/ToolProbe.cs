using System.Text.Json;
using Engine.Chat.Tools;

namespace Engine.Chat;

/// <summary>Finds out how a template writes calls, by what it makes of a conversation in which one is made.</summary>
internal sealed class ToolProbe
{
    private const string Said = "zqsaid";

    private static readonly TemplateMessage User = new("user", "zqasked");

    private readonly ChatTemplate _template;

    private ToolProbe(ChatTemplate template) => _template = template;

    /// <summary>Whether the template wants arguments as a text of JSON, and not as an object.</summary>
    public bool TakesText { get; private init; }

    /// <summary>The calls that it writes; null where it refuses or writes nothing that can be cut into its parts.</summary>
    public ToolSample? Sample { get; private init; }

    public static ToolProbe Of(ChatTemplate template)
    {
        var probe = new ToolProbe(template);
        bool takesText = !Writes(probe.Calls(1, asText: false)) && Writes(probe.Calls(1, asText: true));
        return new ToolProbe(template) { TakesText = takesText, Sample = probe.Cut(takesText) };

        // JSON, and not what Python prints.
        static bool Writes(string? turn) => turn?.Contains($"\"{ToolSample.Key}\"", StringComparison.Ordinal) == true;
    }

    private ToolSample? Cut(bool asText)
    {
        if (Render(new TemplateMessage("assistant", Said)) is not { } text || Calls(1, asText) is not { } one)
        {
            return null;
        }
        int said = text.LastIndexOf(Said, StringComparison.Ordinal);
        string before = text[..Math.Max(0, said)].TrimEnd();
        if (said < 0 || !one.StartsWith(before, StringComparison.Ordinal))
        {
            return null;
        }
        string end = text[(said + Said.Length)..];
        return ToolSample.Cut(Turn(one), Calls(2, asText) is { } two && two.StartsWith(before, StringComparison.Ordinal) ? Turn(two) : null);

        string Turn(string rendered)
        {
            string turn = rendered[before.Length..];
            turn = turn.EndsWith(end, StringComparison.Ordinal) ? turn[..^end.Length] : turn.TrimEnd();
            turn = _template.SpecialTokens.TryGetValue("eos_token", out string? eos) && eos.Length > 0 && turn.EndsWith(eos, StringComparison.Ordinal) ? turn[..^eos.Length] : turn;
            return turn.TrimStart();
        }
    }

    private string? Calls(int count, bool asText) => Render(new TemplateMessage("assistant", null)
    {
        Fields = new Dictionary<string, JsonElement>
        {
            ["tool_calls"] = ToolTurns.Field(ToolSample.Ids[..count].Select(id => ToolTurns.Call(id, ToolSample.Name, ToolSample.Arguments)).Select(call => asText ? ToolTurns.WithText(call) : call)),
        },
    });

    // Some join a text to the calls, and fail where there is none.
    private string? Render(TemplateMessage answer) => TryRender(answer) ?? (answer.Content is null ? TryRender(answer with { Content = "" }) : null);

    private string? TryRender(TemplateMessage answer)
    {
        try
        {
            return _template.Render(new ChatTemplateInput { Messages = [User, answer], Tools = [ToolSample.Tool.ToJson()], AddGenerationPrompt = false }).Text;
        }
        catch (ChatTemplateException)
        {
            return null; // which is an answer, too: it does not take this
        }
    }
}
