using System.Text;
using Engine.Serving;
using Engine.Tests.Serving;

namespace Engine.Tests.Chat;

/// <summary>A chat model in a few lines: it says one text to every conversation, or what a script makes of it, whose template is ChatML with tools, and
/// keeps what it was shown.</summary>
internal sealed class TalkingModel
{
    private const char Turn = '\u0001'; // the last of every prompt, and of no text

    public const string Template = "{% for m in messages %}[{{ m.role }}{% if m.name %} {{ m.name }}{% endif %}]{{ m.content or '' }}{% if m.reasoning_content %}({{ m.reasoning_content }}){% endif %}"
        + "{% for c in m.tool_calls or [] %}<{{ c.id }} {{ c.function.name }} {{ c.function.arguments | tojson }}>{% endfor %}{% if m.tool_call_id %}@{{ m.tool_call_id }}{% endif %}{% endfor %}\u0001";

    private readonly Func<string, string> _answer;
    private volatile string _shown = "";

    public TalkingModel(string answer, string template = Template, int contextLength = 4096)
        : this(_ => answer, template, contextLength)
    {
    }

    /// <param name="answer">Says what the answer to a prompt is.</param>
    /// <param name="template">The chat template.</param>
    /// <param name="contextLength">Tokens of a prompt and its answer.</param>
    public TalkingModel(Func<string, string> answer, string template = Template, int contextLength = 4096)
    {
        _answer = answer;
        var scripted = new ScriptedModel();
        Model = new ServedModel(
            new ScriptedModel
            {
                Next = Next,
                Card = scripted.Card with { Name = "talking", ContextLength = contextLength, TrainedContextLength = contextLength, ChatTemplates = new Dictionary<string, string> { [ModelCard.DefaultChatTemplate] = template } },
            },
            new());
    }

    public IModel Model { get; }

    /// <summary>The latest prompt as text.</summary>
    public string Shown => _shown;

    private int Next(IReadOnlyList<int> tokens)
    {
        int[] all = [.. tokens];
        int turn = Array.LastIndexOf(all, (int)Turn);
        if (turn < 0)
        {
            return ScriptedModel.End; // rows that nobody asked for
        }
        _shown = Encoding.UTF8.GetString([.. all[..turn].Where(token => token < 256).Select(token => (byte)token)]);
        int said = all.Length - turn - 1;
        byte[] answer = Encoding.UTF8.GetBytes(_answer(_shown));
        return said < answer.Length ? answer[said] : ScriptedModel.End;
    }
}
