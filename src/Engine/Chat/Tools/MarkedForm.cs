using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls as JSON objects, <c>{"name": …, "arguments": …}</c>, each between two marks, as Hermes 2 Pro and Qwen write them.</summary>
/// <param name="open">The mark before each call.</param>
/// <param name="close">The mark after each call.</param>
/// <param name="separator">The text between two calls.</param>
internal sealed class MarkedForm(string open, string close, string separator) : ToolForm
{
    /// <summary>Calls between <c>&lt;tool_call&gt;</c> and <c>&lt;/tool_call&gt;</c>.</summary>
    public static MarkedForm Hermes { get; } = new("<tool_call>\n", "\n</tool_call>", "\n");

    public override IReadOnlyList<string> Triggers { get; } = [open.Trim()];

    public override IReadOnlyList<string> Skipped { get; } = [close.Trim()];

    public override IReadOnlyList<string> Markers => [.. Triggers, .. Skipped];

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) =>
        new AnswerShape.Repeat(OneOf([.. calls.Select(call => Join(open + Object(call.Tool, "arguments"), call.Arguments, "}" + close))]), 1, most, separator);
}
