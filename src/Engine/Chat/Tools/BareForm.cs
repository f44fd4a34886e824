using System.Text.Json;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls as JSON objects without any marks, at the beginning of a line. An object is a call only if it names a tool that was offered.</summary>
/// <param name="argumentsName">The name of the arguments in a call.</param>
internal class BareForm(string argumentsName) : ToolForm
{
    // A line of text, which must not begin with a bracket.
    private const string Line = @"[ \t]*(?:[^\s{\[][^\n]*)?";

    public override IReadOnlyList<string> Triggers => [];

    public override bool IsBare => true;

    public override IReadOnlyList<string> Skipped => [";"];

    public override AnswerShape Prose => new AnswerShape.Pattern($@"{Line}(?:\n{Line})*");

    public override bool TakesOne => true;

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools) =>
        base.Read(head, json, tools) is { } calls && calls.All(call => tools.Callable.Any(tool => tool.Name == call.Name)) ? calls : null;

    // An answer is either text or a call, never both: without marks, only an opening bracket at the beginning tells a call.
    public override AnswerShape Answer(AnswerShape? text, bool isProse, IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) => base.Answer(text, false, calls, most);

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) =>
        OneOf([.. calls.Select(call => Join(Object(call.Tool, argumentsName), call.Arguments, "}"))]);
}
