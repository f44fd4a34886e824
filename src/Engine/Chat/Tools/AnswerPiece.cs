namespace Engine.Chat.Tools;

/// <summary>A piece of an answer.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text of a thought or of the answer; empty for a call.</param>
/// <param name="Call">The call; null for text.</param>
internal readonly record struct AnswerPiece(AnswerPieceKind Kind, string Text, ToolCall? Call = null)
{
    public static AnswerPiece Of(ToolCall call) => new(AnswerPieceKind.Call, "", call);
}

internal enum AnswerPieceKind
{
    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>The model's thoughts before it answers.</summary>
    Thought,

    /// <summary>A complete tool call.</summary>
    Call,
}

/// <summary>A call that an answer makes.</summary>
/// <param name="Index">Its index in the answer, from 0.</param>
/// <param name="Id">Its unique id.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments as a compact JSON object; <c>{}</c> for none.</param>
internal sealed record ToolCall(int Index, string Id, string Name, string Arguments);
