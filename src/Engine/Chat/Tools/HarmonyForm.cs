using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Answers of gpt-oss, which are messages in channels: <c>analysis</c> contains thoughts and <c>final</c> the text; a message to
/// <c>functions.NAME</c> is a call. A message to a tool ends the answer.</summary>
internal sealed class HarmonyForm : ToolForm
{
    public const string Channel = "<|channel|>";
    public const string Message = "<|message|>";
    public const string Start = "<|start|>";
    public const string End = "<|end|>";
    public const string Return = "<|return|>";
    public const string Call = "<|call|>";
    public const string Constrain = "<|constrain|>";
    public const string Functions = "functions.";

    private HarmonyForm()
    {
    }

    public static HarmonyForm Instance { get; } = new();

    public override IReadOnlyList<string> Triggers => [];

    public override IReadOnlyList<string> Markers { get; } = [Channel, Message, Start, End, Return, Call, Constrain];

    public override bool TakesOne => true;

    public override bool HasThoughts => true;

    public override AnswerShape Prose => new AnswerShape.Prose([]);

    public override ICallReader NewReader(ToolSet tools) => new HarmonyReader(tools);

    public override AnswerShape Answer(AnswerShape? text, bool isProse, IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most)
    {
        AnswerShape thought = new AnswerShape.Repeat(Join(Channel + "analysis" + Message, Prose, End + Start + "assistant"), 0, 1);
        IEnumerable<AnswerShape> options = calls.Count > 0 ? [Calls(calls, 1)] : [];
        return Join(thought, OneOf([.. options, .. text is null ? Array.Empty<AnswerShape>() : [Join(Channel + "final" + Message, text)]]));
    }

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) =>
        OneOf([.. calls.Select(call => Join($"{Channel}commentary to={Functions}{call.Tool} {Constrain}json{Message}", call.Arguments))]);
}
