using System.Text.Json;
using Engine.Constraints;

namespace Engine.Chat.Tools;

/// <summary>How a family of models writes tool calls in its answers.</summary>
internal abstract class ToolForm
{
    /// <summary>The texts that begin calls.</summary>
    public abstract IReadOnlyList<string> Triggers { get; }

    /// <summary>Whether calls may also be written without a trigger, as JSON at the beginning of a line.</summary>
    public virtual bool IsBare => false;

    /// <summary>The tokens, often control tokens, whose texts are part of the form.</summary>
    public virtual IReadOnlyList<string> Markers => Triggers;

    /// <summary>What may come after a call without being part of the answer's text.</summary>
    public virtual IReadOnlyList<string> Skipped => [];

    /// <summary>Whether a message has at most one call.</summary>
    public virtual bool TakesOne => false;

    /// <summary>Whether templates accept only ids of nine letters and digits.</summary>
    public virtual bool HasShortIds => false;

    /// <summary>Whether the form itself separates thoughts from answers.</summary>
    public virtual bool HasThoughts => false;

    /// <summary>Reads answers in this form.</summary>
    public virtual ICallReader NewReader(ToolSet tools) => new CallReader(this, tools);

    /// <summary>Classifies the text after a trigger, up to and including its last character.</summary>
    public virtual CallHead Head(ReadOnlySpan<char> head) => head[^1] is '{' or '[' && head[..^1].IsWhiteSpace() ? CallHead.Json : head.IsWhiteSpace() ? CallHead.More : CallHead.Broken;

    /// <summary>The calls given by the text between a trigger and JSON, and by the JSON; null if they are not calls.</summary>
    /// <param name="head">The text before the JSON.</param>
    /// <param name="json">The JSON; null if there is none.</param>
    /// <param name="tools">The tools that were offered.</param>
    public virtual IReadOnlyList<WrittenCall>? Read(string head, JsonElement? json, ToolSet tools) => json is { } calls ? WrittenCall.ReadAll(calls) : null;

    /// <summary>The shape of an answer.</summary>
    /// <param name="text">What its text may be; null if it must call.</param>
    /// <param name="isProse">Whether it may be any text, with calls after it; otherwise the answer is either the text or calls.</param>
    /// <param name="calls">The tools it may call, at least one, with the schemas of their arguments.</param>
    /// <param name="most">The maximum number of calls; null for any number.</param>
    public virtual AnswerShape Answer(AnswerShape? text, bool isProse, IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most)
    {
        AnswerShape all = Calls(calls, TakesOne ? 1 : most);
        return text is null ? all
            : isProse ? new AnswerShape.Sequence([text, new AnswerShape.Repeat(all, 0, 1)])
            : new AnswerShape.Either([text, all]);
    }

    /// <summary>Any text without a call.</summary>
    public virtual AnswerShape Prose => new AnswerShape.Prose(Triggers);

    /// <summary>The shape of calls, at least one.</summary>
    protected abstract AnswerShape Calls(IReadOnlyList<(string Tool, AnswerShape Arguments)> calls, int? most);

    /// <summary>Texts and other shapes, one after the other. Markers in texts are tokens.</summary>
    protected AnswerShape Join(params ReadOnlySpan<object> parts)
    {
        var joined = new List<AnswerShape>();
        foreach (object part in parts)
        {
            if (part is AnswerShape shape)
            {
                joined.Add(shape);
                continue;
            }
            string text = (string)part;
            while (text.Length > 0)
            {
                (int at, string marker) = Find(text, Markers);
                if (at != 0)
                {
                    joined.Add(new AnswerShape.Literal(at < 0 ? text : text[..at]));
                }
                if (at < 0)
                {
                    break;
                }
                joined.Add(new AnswerShape.Marker(marker));
                text = text[(at + marker.Length)..];
            }
        }
        return joined is [AnswerShape only] ? only : new AnswerShape.Sequence(joined);
    }

    /// <summary>A call as an object, up to its arguments, as Jinja's tojson writes it, so that it stays the same when it is sent back.</summary>
    protected static string Object(string tool, string argumentsName) => $"{{\"name\": {CallJson.Quoted(tool)}, \"{argumentsName}\": ";

    protected static AnswerShape OneOf(IReadOnlyList<AnswerShape> options) => options is [AnswerShape only] ? only : new AnswerShape.Either(options);

    /// <summary>The first occurrence of one of the texts, the longest if several begin there; −1 for none.</summary>
    public static (int At, string Text) Find(ReadOnlySpan<char> text, IReadOnlyList<string> sought)
    {
        (int at, string found) = (-1, "");
        foreach (string one in sought)
        {
            int i = text.IndexOf(one, StringComparison.Ordinal);
            if (i >= 0 && (at < 0 || i < at || (i == at && one.Length > found.Length)))
            {
                (at, found) = (i, one);
            }
        }
        return (at, found);
    }
}

/// <summary>What comes after a trigger.</summary>
internal enum CallHead
{
    /// <summary>Undecided.</summary>
    More,

    /// <summary>JSON begins with the last character.</summary>
    Json,

    /// <summary>A call without JSON.</summary>
    Call,

    /// <summary>A call that ends with the answer.</summary>
    Rest,

    /// <summary>No call.</summary>
    Broken,
}

/// <summary>Separates calls from the text of an answer as it arrives.</summary>
internal interface ICallReader
{
    /// <summary>Adds the pieces that a piece of text completes.</summary>
    void Add(string text, List<AnswerPiece> pieces);

    /// <summary>Adds what was still held back when the answer ended.</summary>
    /// <param name="isCut">Whether the answer was cut off. If so, an incomplete call is dropped; otherwise it is text.</param>
    /// <param name="pieces">Receives the pieces.</param>
    void Finish(bool isCut, List<AnswerPiece> pieces);
}
