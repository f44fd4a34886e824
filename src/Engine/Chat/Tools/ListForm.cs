using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls as a list of objects after a mark, as Granite and Phi 4 write them.</summary>
/// <param name="begin">The mark before the list.</param>
/// <param name="end">The mark after the list; empty for none.</param>
internal sealed class ListForm(string begin, string end) : ToolForm
{
    public override IReadOnlyList<string> Triggers { get; } = [begin.Trim()];

    public override IReadOnlyList<string> Skipped { get; } = end.Length > 0 ? [end.Trim()] : [];

    public override IReadOnlyList<string> Markers => [.. Triggers, .. Skipped];

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) =>
        Join(begin + "[", new AnswerShape.Repeat(OneOf([.. calls.Select(call => Join(Object(call.Tool, "arguments"), call.Arguments, "}"))]), 1, most, ", "), "]" + end);
}
