using System.Text.Json;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>Calls of DeepSeek's models, between marks with full-width bars. V3 and R1 fence the JSON, V3.1 does not. Both are read, whichever the
/// template writes.</summary>
internal sealed class DeepSeekForm(bool isFenced) : ToolForm
{
    /// <summary>The mark by which templates are recognised.</summary>
    public const string Begin = "<｜tool▁calls▁begin｜>";

    private const string End = "<｜tool▁calls▁end｜>";
    private const string Open = "<｜tool▁call▁begin｜>";
    private const string Close = "<｜tool▁call▁end｜>";
    private const string Separator = "<｜tool▁sep｜>";
    private const string Kind = "function";
    private const string Fence = "```json";
    private const int LongestHead = 500;

    public override IReadOnlyList<string> Triggers { get; } = [Begin, Open];

    public override IReadOnlyList<string> Markers { get; } = [Begin, End, Open, Close, Separator];

    public override IReadOnlyList<string> Skipped { get; } = [Close, End, "```"];

    public override CallHead Head(ReadOnlySpan<char> head) =>
        head[^1] == '{' ? CallHead.Json
        : head.EndsWith(Close, StringComparison.Ordinal) ? CallHead.Call
        : head.Length > LongestHead || head.EndsWith(End, StringComparison.Ordinal) ? CallHead.Broken
        : CallHead.More;

    public override IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools)
    {
        string[] parts = head.Split([Begin, Open, Close, Separator, Fence, "```"], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? name = parts is [Kind, var second] ? second : parts is [var only] ? only : null;
        return name is not null && !name.Any(char.IsWhiteSpace) && CallJson.Arguments(json) is { } arguments ? [new WrittenCall(name, arguments)] : null;
    }

    protected override AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most) => Join(
        Begin,
        new AnswerShape.Repeat(
            OneOf([.. calls.Select(call => isFenced
                ? Join(Open + Kind + Separator + call.Tool + "\n" + Fence + "\n", call.Arguments, "\n```" + Close)
                : Join(Open + call.Tool + Separator, call.Arguments, Close))]),
            1, most, isFenced ? "\n" : ""),
        End);
}
