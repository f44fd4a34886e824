using System.Text;
using Engine.Serving;
using Engine.Tests.Serving;

namespace Engine.Tests.Chat;

/// <summary>A chat model in a few lines: it says one text to every conversation, or what a script makes of it, whose template is ChatML with tools, and
/// keeps what it was shown.</summary>
internal sealed class TalkingModel
{
    private const string Last = "\u0001"; // of every prompt, and of no text

    public const string Template = "{% for m in messages %}[{{ m.role }}{% if m.name %} {{ m.name }}{% endif %}]{{ m.content or '' }}{% if m.reasoning_content %}({{ m.reasoning_content }}){% endif %}"
        + "{% for c in m.tool_calls or [] %}<{{ c.id }} {{ c.function.name }} {{ c.function.arguments | tojson }}>{% endfor %}{% if m.tool_call_id %}@{{ m.tool_call_id }}{% endif %}{% endfor %}\u0001";

    private readonly Func<string, string> _answer;
    private readonly int[] _turn;
    private volatile string _shown = "";

    public TalkingModel(string answer, string template = Template, int contextLength = 4096)
        : this(_ => answer, template, contextLength)
    {
    }

    /// <param name="answer">Says what the answer to a prompt is.</param>
    /// <param name="template">The chat template.</param>
    /// <param name="contextLength">Tokens of a prompt and its answer.</param>
    /// <param name="turn">What every prompt ends with.</param>
    public TalkingModel(Func<string, string> answer, string template = Template, int contextLength = 4096, string turn = Last)
    {
        (_answer, _turn) = (answer, [.. Encoding.UTF8.GetBytes(turn)]);
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
        int turn = all.AsSpan().LastIndexOf(_turn);
        if (turn < 0)
        {
            return ScriptedModel.End; // rows that were not requested
        }
        int begun = turn + _turn.Length;
        _shown = Encoding.UTF8.GetString([.. all[..begun].Where(token => token < 256).Select(token => (byte)token)]).TrimEnd(Last[0]);
        int said = all.Length - begun;
        byte[] answer = Encoding.UTF8.GetBytes(_answer(_shown));
        return said < answer.Length ? answer[said] : ScriptedModel.End;
    }
}
