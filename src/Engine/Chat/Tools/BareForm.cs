using System.Text.Json;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls as objects of JSON without any marks, at the beginning of a line; only tools that were offered are called so.</summary>
/// <param name="argumentsName">The name of what a call gives.</param>
internal class BareForm(string argumentsName) : ToolForm
{
    // No line of it opens with a bracket.
    private const string Line = @"[ \t]*(?:[^\s{\[][^\n]*)?";

    public override IReadOnlyList<string> Triggers => [];

    public override bool IsBare => true;

    public override IReadOnlyList<string> Skipped => [";"];

    public override AnswerShape Prose => new AnswerShape.Pattern($@"{Line}(?:\n{Line})*");

    public override bool TakesOne => true;

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools) =>
        base.Read(head, json, tools) is { } calls && calls.All(call => tools.Callable.Any(tool => tool.Name == call.Name)) ? calls : null;

    // Text and then a call is text: what begins with a bracket is the call.
    public override AnswerShape Answer(AnswerShape? text, bool isProse, IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) => base.Answer(text, false, calls, most);

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) =>
        OneOf([.. calls.Select(call => Join(Object(call.Tool, argumentsName), call.Arguments, "}"))]);
}
