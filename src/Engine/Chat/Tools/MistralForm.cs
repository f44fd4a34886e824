using System.Text.Json;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls of Mistral's models after <c>[TOOL_CALLS]</c>: as a list of objects or, since 2025, each as a name and <c>[ARGS]</c>.
/// Both are read, whichever the template writes.</summary>
internal sealed class MistralForm(bool isNamed, bool hasIds, string listBegin) : ToolForm
{
    private const string Trigger = "[TOOL_CALLS]";
    private const string Arguments = "[ARGS]";
    private const string Id = "[CALL_ID]";
    private const int LongestHead = 500;

    public override IReadOnlyList<string> Triggers => [Trigger];

    public override IReadOnlyList<string> Markers => [Trigger, Arguments, Id];

    public override bool HasShortIds => true;

    public static MistralForm Of(string template) => new(
        template.Contains(Arguments, StringComparison.Ordinal), template.Contains(Id, StringComparison.Ordinal),
        template.Contains(Trigger + " [", StringComparison.Ordinal) ? Trigger + " [" : Trigger + "[");

    public override CallHead Head(ReadOnlySpan<char> head)
    {
        bool begins = head[..^1].IsWhiteSpace();
        return head[^1] == '{' || (head[^1] == '[' && begins) ? CallHead.Json
            : head.Length > LongestHead ? CallHead.Broken
            : CallHead.More;
    }

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools)
    {
        if (string.IsNullOrWhiteSpace(head))
        {
            return base.Read(head, json, tools);
        }
        string[] parts = head.Split([Id, Arguments], StringSplitOptions.TrimEntries);
        string? id = parts.Length > 2 && head.Contains(Id, StringComparison.Ordinal) ? parts[1] : null;
        return parts[0].Length > 0 && !parts[0].Any(char.IsWhiteSpace) && CallJson.Arguments(json) is { } arguments ? [new WrittenCall(parts[0], arguments, id)] : null;
    }

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most)
    {
        if (!isNamed)
        {
            return Join(listBegin, new AnswerShape.Repeat(OneOf([.. calls.Select(call => Join(Object(call.Tool, "arguments"), call.Arguments, "}"))]), 1, most, ", "), "]");
        }
        return new AnswerShape.Repeat(OneOf([.. calls.Select(call => hasIds
            ? Join(Trigger + call.Tool + Id, new AnswerShape.Pattern("[A-Za-z0-9]{9}"), Arguments, call.Arguments)
            : Join(Trigger + call.Tool + Arguments, call.Arguments))]), 1, most);
    }
}
